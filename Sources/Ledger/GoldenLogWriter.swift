import Digests

extension GoldenLog {
    /// Writes a golden folder: the log step by step, then the manifest. The log is not replaced when `body` throws or
    /// when the steps do not end as the manifest's outcome says.
    /// - Parameter body: is handed the function that appends the next step record.
    /// - Throws: `GoldenBackendError` when the run is not of the reference backend, `FileError`, `TamperError`,
    ///   `JSONShapeError` when the manifest has no outcome, or what `body` throws.
    public static func write(
        folder: String, manifest: Manifest, _ body: (_ append: (StepRecord) throws -> Void) throws -> Void
    ) throws {
        guard manifest.inputs.backend == ManifestInputs.referenceBackend else {
            throw GoldenBackendError(folder: folder, run: manifest.run, backend: manifest.inputs.backend)
        }
        guard let outcome = manifest.outcome else {
            throw JSONShapeError(file: folder, path: "manifest.outcome", expected: "object", found: "nothing")
        }
        try FileContents.makeFolder(folder)
        let path = folder + "/log.jsonl"
        try AtomicFile.write(to: path) { file in
            var chain = Chain(inputs: manifest.inputs.digest)
            try body { record in
                let digest = record.digest
                let step = GoldenStep(record: record, digest: digest, head: chain.append(digest))
                try file.append(step.json.canonicalBytes + [0x0A])
            }
            try outcome.check(chain, file: path, run: manifest.run)
        }
        try manifest.write(to: folder + "/manifest.json")
    }
}
