import Core
import Ledger
import Testing

@Suite struct GoldenLogTests {
    private func manifest(_ steps: [StepTrace]) throws -> Manifest {
        let inputs = try Sample.inputs()
        var chain = Chain(inputs: inputs.digest)
        for step in steps { chain.append(step.record.digest) }
        return Manifest(
            run: "run-42", inputs: inputs, circumstances: Sample.circumstances,
            outcome: ManifestOutcome(chain: chain, weightsDigest: Sample.weights))
    }

    private func withLog(_ body: (String, [StepTrace]) throws -> Void) throws {
        try Sample.withFolder { folder in
            let records = try Sample.traces()
            try GoldenLog.write(folder: folder, manifest: try manifest(records)) { append in
                for record in records { try append(record) }
            }
            try body(folder, records)
        }
    }

    @Test func logsRoundTrip() throws {
        try withLog { folder, records in
            let log = try GoldenLog(folder: folder)
            let steps = try log.steps()
            #expect(steps.map(\.record) == records.map(\.record))
            let known = try Sample.known()["steps"].elements()
            #expect(try steps.map(\.head) == known.map { try $0["head"].digest() })
            #expect(try FileContents.read(folder + "/log.jsonl").filter { $0 == 0x0A }.count == 3)
        }
    }

    @Test func everyFlippedBitIsFound() throws {
        try withLog { folder, _ in
            let log = try GoldenLog(folder: folder)
            let source = try FileContents.read(log.logPath)
            for index in source.indices {
                try Sample.patch(log.logPath, index, source[index] ^ 1 << (index % 8))
                #expect(throws: TamperError.self, "byte \(index)") { try log.steps() }
                try Sample.patch(log.logPath, index, source[index])
            }
            #expect(try log.steps().count == 3)
        }
    }

    @Test func missingAndMovedLinesAreFound() throws {
        try withLog { folder, _ in
            let log = try GoldenLog(folder: folder)
            let source = try FileContents.read(log.logPath)
            let lines = source.split(separator: 0x0A).map { Array($0) + [0x0A] }
            let variants = [
                [], lines[0], lines[0] + lines[1], lines[1] + lines[2], lines[0] + lines[2],
                lines[0] + lines[2] + lines[1],
                source + lines[2], source.dropLast(), source + [0x0A], [0x0A] + source,
            ]
            for (index, variant) in variants.enumerated() {
                try AtomicFile.write(Array(variant), to: log.logPath)
                #expect(throws: TamperError.self, "variant \(index)") { try log.steps() }
            }
            try AtomicFile.write(source, to: log.logPath)
            #expect(try log.steps().count == 3)
        }
    }

    @Test func aFalseLossIsNamedByItsStep() throws {
        try withLog { folder, _ in
            let log = try GoldenLog(folder: folder)
            let text = String(decoding: try FileContents.read(log.logPath), as: UTF8.self)
            try AtomicFile.write(text.replacing("0x3e800000", with: "0x3e800001"), to: log.logPath)
            var seen = 0
            let error = try #require(throws: TamperError.self) { try log.forEachStep { _ in seen += 1 } }
            #expect(seen == 1)
            #expect(error.step == 2)
            #expect(error.field == "record")
            #expect(try error.expected == Sample.known()["steps"][1]["digest"].string())
        }
    }

    /// Records exchanged with all digests and heads made anew: only the manifest can tell.
    @Test func aForgedLogDisagreesWithTheManifest() throws {
        try withLog { folder, records in
            try Sample.withFolder { other in
                let forged = records.dropLast()
                try GoldenLog.write(folder: other, manifest: try manifest(Array(forged))) { append in
                    for record in forged { try append(record) }
                }
                try AtomicFile.write(try FileContents.read(other + "/log.jsonl"), to: folder + "/log.jsonl")
            }
            let error = try #require(throws: TamperError.self) { try GoldenLog(folder: folder).steps() }
            #expect(error.field == "outcome.steps")
        }
    }

    @Test func aLogThatDoesNotFitItsManifestIsNotWritten() throws {
        try withLog { folder, records in
            let before = try FileContents.read(folder + "/log.jsonl")
            #expect(throws: TamperError.self) {
                try GoldenLog.write(folder: folder, manifest: try manifest(records)) { try $0(records[0]) }
            }
            #expect(try FileContents.read(folder + "/log.jsonl") == before)
        }
    }

    @Test func aMissingLogIsNoTampering() throws {
        try Sample.withFolder { folder in
            #expect(throws: FileError.self) { try GoldenLog(folder: folder + "/none") }
            try manifest(try Sample.traces()).write(to: folder + "/manifest.json")
            #expect(throws: FileError.self) { try GoldenLog(folder: folder).steps() }
        }
    }
}
