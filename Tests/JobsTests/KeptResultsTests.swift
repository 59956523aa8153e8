import Core
import Foundation
import Jobs
import Testing

@Suite struct KeptResultsTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "kept-\(UUID().uuidString)"
        try FileContents.makeFolder(folder + "/results")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// Names of jobs and folders stay, so that results of earlier ablations count: the key is written out here.
    @Test func theKeyStandsForSourcesFilesAndCommands() {
        func key(
            _ source: UInt8 = 1, arguments: [String] = ["a", "b"], file: String = "text",
            environment: [String: String] = [:]
        ) -> Digest {
            Job(
                "name", on: [.sha256([source])], files: [("path", file)],
                [Command(arguments, environment: environment)]
            ).key
        }
        #expect(
            key()
                == .of(
                    .document,
                    [
                        "schema": 1, "sources": [.digest(.sha256([1]))], "files": ["text"], "commands": [["a", "b"]],
                    ]))
        #expect(
            Set([key(), key(2), key(file: "other"), key(arguments: ["a", "c"]), key(arguments: ["a b"])]).count == 5)
        #expect(key(environment: ["A": "1"]) != key() && key(environment: ["A": "1"]) != key(environment: ["A": "2"]))
    }

    @Test func aResultIsFoundUnderItsKeyOnly() throws {
        try withFolder { folder in
            let kept = KeptResults(folder: folder, contract: .ref1)
            let job = Job("eval", on: [.sha256([1])], [Command(["eval", "--json"])])
            #expect(try kept.result(of: job) == nil)
            try kept.keep([["reward": 2]], of: job)
            #expect(try kept.result(of: job)?["outputs"][0]["reward"].int() == 2)
            #expect(try kept.result(of: Job("eval", on: [.sha256([2])], [Command(["eval", "--json"])])) == nil)
            // A file of another contract; one that names none is of ref-1.
            let path = "\(folder)/results/eval-\(job.key.hex.prefix(8)).json"
            let kept1 = String(decoding: try FileContents.read(path), as: UTF8.self)
            try AtomicFile.write(kept1.replacing("\"contract\": \"ref-1\"", with: "\"contract\": \"ref-9\""), to: path)
            let other = try #require(throws: ContractDifference.self) { try kept.result(of: job) }
            #expect("\(other)".contains("ref-9") && "\(other)".contains(path))
            try AtomicFile.write(kept1.replacing("\"contract\": \"ref-1\",", with: ""), to: path)
            #expect(try kept.result(of: job)?["contract"].present == nil && kept.result(of: job) != nil)
            // A file of the right name that holds another job's result.
            let file = "\(folder)/results/eval-\(job.key.hex.prefix(8)).json"
            let text = String(decoding: try FileContents.read(file), as: UTF8.self)
            try AtomicFile.write(text.replacing(job.key.hex, with: String(repeating: "0", count: 64)), to: file)
            let error = try #require(throws: JSONShapeError.self) { try kept.result(of: job) }
            #expect("\(error)".contains(job.key.hex) && "\(error)".contains(file))
        }
    }
}
