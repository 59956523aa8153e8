import Core

/// The accepted trace of a run: the folder `Golden/<run>/` with `manifest.json`, `log.jsonl` and, where single tensors
/// are to be named, their digests (`GoldenTensors`).
///
/// A line of the log is the canonical JSON of `{"digest":…,"head":…,"record":{…},"step":…}` and a line feed. Every byte
/// counts: a line in any other form, even of the same meaning, is refused.
package struct GoldenLog: Sendable {
    /// The folder.
    package let folder: String
    /// The accepted manifest, its digest checked.
    package let manifest: Manifest
    /// The outcome that the manifest states.
    package let outcome: ManifestOutcome

    /// The path of the log.
    package var logPath: String { folder + "/log.jsonl" }

    /// Whether the folder holds a golden log or a part of one; `Golden` may hold models too.
    package static func exists(folder: String) -> Bool {
        ["manifest.json", "log.jsonl", "names.json", "tensors.bin"].contains { FileContents.exists("\(folder)/\($0)") }
    }

    /// Whether the digests of single tensors lie beside the log.
    package var hasTensors: Bool {
        let paths = GoldenTensors.paths(folder)
        return FileContents.exists(paths.names) || FileContents.exists(paths.digests)
    }

    /// Opens a folder and checks the manifest's digest; the log is checked as it is read.
    /// - Throws: what `Manifest.read(_:)` throws; `JSONShapeError` when the manifest has no outcome.
    package init(folder: String) throws {
        self.folder = folder
        let path = folder + "/manifest.json"
        manifest = try Manifest.read(path)
        guard let outcome = manifest.outcome else {
            throw JSONShapeError(file: path, path: "manifest.outcome", expected: "object", found: "nothing")
        }
        self.outcome = outcome
    }

    /// Hands the steps to `body` in order, each verified before: form, digest, chain link, tensors; after the last one,
    /// the number of steps, the head and the root against the manifest.
    /// - Throws: `FileError`, `LineEndError`, `TamperError`, or what `body` throws.
    package func forEachStep(_ body: (StoredStep) throws -> Void) throws {
        let tensors = try GoldenTensors(folder: folder, run: manifest.run)
        var offset = 0
        try forEachRecord { step in
            _ = try tensors?.tensors(step.record, at: offset)
            offset += tensors == nil ? 0 : GoldenTensors.byteCount(step.record)
            try body(step)
        }
        try tensors?.requireEnd(offset)
    }

    /// The tensors of a step of `steps`, which are those of this log; empty where the folder holds none.
    /// - Throws: `FileError`, `TamperError`.
    package func tensors(of step: Int, in steps: [StoredStep]) throws -> [Phase: TensorList] {
        let offset = steps.prefix(step - 1).reduce(0) { $0 + GoldenTensors.byteCount($1.record) }
        return try GoldenTensors(folder: folder, run: manifest.run)?.tensors(steps[step - 1].record, at: offset) ?? [:]
    }

    private func forEachRecord(_ body: (StoredStep) throws -> Void) throws {
        var chain = Chain(inputs: manifest.inputs.digest)
        var line: [UInt8] = []
        try FileContents.forEachBlock(of: logPath) { block in
            var rest = block[...]
            while let end = rest.firstIndex(of: 0x0A) {
                line.append(contentsOf: rest[rest.startIndex..<end])
                try body(try verify(line, &chain))
                line.removeAll(keepingCapacity: true)
                rest = rest[(end + 1)...]
            }
            line.append(contentsOf: rest)
        }
        guard line.isEmpty else {
            throw tampered(chain.count + 1, "line", "a line feed at the end", "\(line.count) bytes without one")
        }
        try outcome.check(chain, file: logPath, run: manifest.run)
    }

    /// All steps, verified. - Throws: `FileError`, `TamperError`.
    package func steps() throws -> [StoredStep] {
        var result: [StoredStep] = []
        try forEachStep { result.append($0) }
        return result
    }

    private func verify(_ line: [UInt8], _ chain: inout Chain) throws -> StoredStep {
        let number = chain.count + 1
        // JSON in canonical form has no CR at all.
        guard line.last != 0x0D else { throw LineEndError(file: logPath, line: number) }
        let step: StoredStep
        do {
            step = try StoredStep(
                json: JSONCursor(try JSONValue.parse(line, file: logPath), name: "line", file: logPath))
        } catch {
            throw tampered(number, "line", "a step record", "\(error)")
        }
        guard step.record.step == number else { throw tampered(number, "step", "\(number)", "\(step.record.step)") }
        guard step.json.canonicalBytes == line else {
            throw tampered(number, "line", "canonical JSON", "the same values in another form")
        }
        let digest = step.record.digest
        guard digest == step.digest else { throw tampered(number, "record", step.digest.hex, digest.hex) }
        let head = chain.append(digest)
        guard head == step.head else { throw tampered(number, "head", head.hex, step.head.hex) }
        return step
    }

    private func tampered(_ step: Int, _ field: String, _ expected: String, _ found: String) -> TamperError {
        TamperError(file: logPath, run: manifest.run, step: step, field: field, expected: expected, found: found)
    }
}
