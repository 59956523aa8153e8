import Core
import Foundation
import Ledger
import SeededRandom
import Testing

/// Ten thousand damaged copies each of a ledger, a manifest, a golden log and a file of signatures: none crashes, none
/// passes unless it says the same as before. (Proofs and model bundles have tests of their own.)
@Suite struct MutantTests {
    @Test func ledgers() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let whole: VerifiedRun
            let items = [DataItem(item: "pair-1", digest: Sample.weights, labels: ["alpha": 0x3f80_0000])]
            do {
                let store = try LedgerStore(path: path)
                let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
                try recorder.record(items)
                for step in try Sample.traces() { try recorder.append(step) }
                _ = try recorder.finish(weightsDigest: Sample.weights)
                try store.checkpoint()
                whole = try store.verify("run-1")
            }
            let bytes = try FileContents.read(path)
            // Pages of tables without rows hold nothing that a change could reach.
            let busy = (0..<bytes.count / 64).filter { bytes[$0 * 64..<$0 * 64 + 64].contains { $0 != 0 } }
            var (dice, refused) = (SplitMix(state: 1), 0)
            for _ in 0..<10_000 {
                var places: [Int] = []
                for _ in 0..<1 + dice.roll(3) { places.append(busy[dice.roll(busy.count)] * 64 + dice.roll(64)) }
                for place in places { try Sample.patch(path, place, UInt8(dice.roll(256))) }
                do {
                    let store = try LedgerStore(path: path, readOnly: true)
                    let found = try store.verify("run-1")
                    #expect(found == whole)
                    _ = try? store.health()
                    _ = try? store.dataItems(of: "run-1")
                    _ = try? store.steps(of: "run-1")
                } catch {
                    refused += 1
                }
                for place in places { try Sample.patch(path, place, bytes[place]) }
            }
            #expect(refused > 3_000, "\(refused)")
            #expect(try LedgerStore(path: path, readOnly: true).verify("run-1") == whole)
        }
    }

    @Test func manifests() throws {
        try Sample.withFolder { folder in
            let manifest = try Sample.record(into: LedgerStore(path: folder + "/l.sqlite"))
            let bytes = Array(manifest.json.pretty.utf8)
            var dice = SplitMix(state: 2)
            let refused = dice.refusals(of: bytes) { mutant in
                let json = try JSONValue.parse(mutant, file: "m")
                #expect(try Manifest(json: JSONCursor(json, name: "manifest", file: "m")) == manifest)
            }
            #expect(refused > 9_000, "\(refused)")
        }
    }

    @Test func goldenLogs() throws {
        try Sample.withFolder { folder in
            let manifest = try Sample.record(into: LedgerStore(path: folder + "/l.sqlite"))
            let golden = folder + "/golden"
            try GoldenLog.write(folder: golden, manifest: manifest) { append in
                for step in try Sample.traces() { try append(step) }
            }
            let steps = try GoldenLog(folder: golden).steps()
            let bytes = try FileContents.read(golden + "/log.jsonl")
            var dice = SplitMix(state: 3)
            let refused = dice.refusals(of: bytes) { mutant in
                // Written plainly: ten thousand flushes would wait for the disk.
                try Data(mutant).write(to: URL(fileURLWithPath: golden + "/log.jsonl"))
                #expect(try GoldenLog(folder: golden).steps() == steps)
                #expect(mutant == bytes)
            }
            #expect(refused > 9_900, "\(refused)")
            try Data(bytes).write(to: URL(fileURLWithPath: golden + "/log.jsonl"))

            // The tensors beside the log: nothing that differs is taken for what the records commit to.
            for (file, least) in [("tensors.bin", 9_900), ("names.json", 9_000)] {
                let path = "\(golden)/\(file)"
                let whole = try FileContents.read(path)
                let wanted = try (1...3).map { try GoldenLog(folder: golden).tensors(of: $0, in: steps) }
                #expect(wanted.allSatisfy { $0.count == 2 })
                let refused = dice.refusals(of: whole) { mutant in
                    try Data(mutant).write(to: URL(fileURLWithPath: path))
                    let log = try GoldenLog(folder: golden)
                    #expect(try log.steps() == steps)
                    for step in 1...3 { #expect(try log.tensors(of: step, in: steps) == wanted[step - 1]) }
                }
                #expect(refused > least, "\(file): \(refused)")
                try Data(whole).write(to: URL(fileURLWithPath: path))
            }
        }
    }

    @Test func signatures() throws {
        try Sample.withFolder { folder in
            let manifest = try Sample.record(into: LedgerStore(path: folder + "/l.sqlite"))
            let (key, other) = (try SigningKey(.ed25519), try SigningKey(.p256))
            var whole = Attestations(path: folder + "/run-1.intoto.jsonl")
            for key in [key, other] {
                let statement = try #require(RunStatement.json(manifest))
                try whole.add(Envelope(statement.canonicalBytes, by: [key]))
            }
            let keys = [key.verifyingKey, other.verifyingKey]
            #expect(try whole.check(manifest, keys: keys).known == keys)
            let bytes = try FileContents.read(whole.path)
            var dice = SplitMix(state: 4)
            let refused = dice.refusals(of: bytes) { mutant in
                try Data(mutant).write(to: URL(fileURLWithPath: whole.path))
                // Whoever is named has signed this manifest; a lost line or a changed key id only leaves one out.
                let signers = try Attestations.read(whole.path)?.check(manifest, keys: keys)
                #expect(signers?.known.allSatisfy { keys.contains($0) } == true)
                for envelope in try Attestations.read(whole.path)?.envelopes ?? [] {
                    #expect(envelope.payload == whole.envelopes[0].payload)
                }
            }
            #expect(refused > 7_000, "\(refused)")
        }
    }
}
