import Core
import Ledger
import SeededRandom
import Testing

/// Proofs that a step belongs to a run.
@Suite struct StepProofTests {
    /// A run of `count` steps, the fixture's again and again under other numbers, and its records.
    private func run(_ count: Int) throws -> (manifest: Manifest, records: [StepRecord]) {
        let (inputs, known) = (try Sample.inputs(), try Sample.records())
        let records = try (0..<count).map { try StepRecord(step: $0 + 1, phases: known[$0 % known.count].phases) }
        var chain = Chain(inputs: inputs.digest)
        for record in records { chain.append(record.digest) }
        let outcome = ManifestOutcome(chain: chain, weightsDigest: Sample.weights)
        return (Manifest(run: "run-1", inputs: inputs, circumstances: Sample.circumstances, outcome: outcome), records)
    }

    private func proof(_ run: (manifest: Manifest, records: [StepRecord]), step: Int) throws -> StepProof {
        try #require(
            StepProof(manifest: run.manifest, steps: run.records.map(\.digest), record: run.records[step - 1]))
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 16, 33]) func everyStepIsProved(count: Int) throws {
        try Sample.withFolder { folder in
            let run = try run(count)
            for step in 1...count {
                let proof = try proof(run, step: step)
                try proof.write(to: folder + "/proof.json")
                #expect(try StepProof.read(folder + "/proof.json") == proof)
            }
        }
    }

    /// A record that is another step's, a changed record, another run's manifest, one hash too many or too few.
    @Test func whatIsNotSoIsNotProved() throws {
        let run = try run(7)
        let json = try proof(run, step: 3).json
        func check(_ name: Comment, _ change: (inout JSONObject) throws -> Void) throws {
            guard case .object(var object) = json else { return }
            try change(&object)
            #expect(throws: TamperError.self, name) {
                try StepProof(json: JSONCursor(.object(object), name: "proof", file: "p"))
            }
        }
        try check("another step's record") { $0["record"] = run.records[3].json }
        try check("the record under another number") {
            $0["record"] = try StepRecord(step: 4, phases: run.records[2].phases).json
        }
        try check("a record without a phase") {
            $0["record"] = try StepRecord(step: 3, phases: run.records[2].phases.dropLast()).json
        }
        try check("another run's manifest") { $0["manifest"] = try self.run(8).manifest.json }
        try check("one hash more") { object in
            guard case .array(let siblings)? = object["siblings"] else { return }
            object["siblings"] = .array(siblings + [.digest(Sample.weights)])
        }
        try check("one hash less") { object in
            guard case .array(let siblings)? = object["siblings"] else { return }
            object["siblings"] = .array(Array(siblings.dropLast()))
        }
        try check("a manifest whose digest does not hold") { object in
            guard case .object(var manifest)? = object["manifest"] else { return }
            manifest["run"] = "run-2"
            object["manifest"] = .object(manifest)
        }
        let unfinished = Manifest(
            run: "run-1", inputs: run.manifest.inputs, circumstances: run.manifest.circumstances)
        #expect(StepProof(manifest: unfinished, steps: run.records.map(\.digest), record: run.records[0]) == nil)
    }

    /// Ten thousand damaged proofs: none crashes, none passes as anything but what was written.
    @Test func damagedProofs() throws {
        let whole = try proof(try run(7), step: 3)
        let bytes = whole.json.canonicalBytes
        var dice = SplitMix(state: 99)
        let refused = dice.refusals(of: bytes) { mutant in
            let json = try JSONValue.parse(mutant, file: "mutant")
            #expect(try StepProof(json: JSONCursor(json, name: "proof", file: "mutant")) == whole)
        }
        #expect(refused > 9_900)
    }
}
