import Core
import Foundation

extension GoldenLog {
    /// Writes a golden folder: the log step by step, the tensors beside it, then the manifest. Nothing is replaced when
    /// `body` throws or when the steps do not end as the manifest's outcome says.
    ///
    /// Tensors are written if every step comes with all to which its record commits; else the folder has none.
    /// - Parameter body: is handed the function that appends the next step.
    /// - Throws: `GoldenBackendError` when the run is not of the reference backend, `FileError`, `TamperError`,
    ///   `JSONShapeError` when the manifest has no outcome, or what `body` throws.
    package static func write(
        folder: String, manifest: Manifest, _ body: (_ append: (StepTrace) throws -> Void) throws -> Void
    ) throws {
        guard manifest.outcome != nil else { throw noOutcome(folder) }
        try write(folder: folder, run: manifest.run, inputs: manifest.inputs, body) { manifest }
    }

    /// The same for a run whose manifest, with these inputs, is known only when its last step is: `manifest` is asked
    /// for it after `body`.
    package static func write(
        folder: String, run: String, inputs: ManifestInputs,
        _ body: (_ append: (StepTrace) throws -> Void) throws -> Void, manifest: () throws -> Manifest
    ) throws {
        guard inputs.backend == ManifestInputs.referenceBackend else {
            throw GoldenBackendError(folder: folder, run: run, backend: inputs.backend)
        }
        try FileContents.makeFolder(folder)
        let path = folder + "/log.jsonl"
        let (namesPath, digestsPath) = GoldenTensors.paths(folder)
        var (names, isWhole) = (JSONObject(), true)
        let manifest = try AtomicFile.write(to: digestsPath) { tensors in
            try AtomicFile.write(to: path) { file in
                var chain = Chain(inputs: inputs.digest)
                try body { step in
                    let digest = step.record.digest
                    let line = StoredStep(record: step.record, digest: digest, head: chain.append(digest))
                    try file.append(line.json.canonicalBytes + [0x0A])
                    for phase in step.record.phases {
                        guard let commitment = phase.tensors else { continue }
                        guard let list = step.tensors[phase.phase] else {
                            isWhole = false
                            continue
                        }
                        names[commitment.names.hex] = .array(list.names.map { .string($0) })
                        for digest in list.digests { try tensors.append(digest.bytes) }
                    }
                }
                let manifest = try manifest()
                guard let outcome = manifest.outcome else { throw noOutcome(folder) }
                try outcome.check(chain, file: path, run: run)
                return manifest
            }
        }
        if isWhole && names.count > 0 {
            try AtomicFile.write(JSONValue.object(names).canonical + "\n", to: namesPath)
        } else {
            try FileContents.remove([digestsPath, namesPath])
        }
        try manifest.write(to: folder + "/manifest.json")
    }

    private static func noOutcome(_ folder: String) -> JSONShapeError {
        JSONShapeError(file: folder, path: "manifest.outcome", expected: "object", found: "nothing")
    }
}
