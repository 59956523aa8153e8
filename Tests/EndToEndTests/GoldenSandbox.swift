import Core
import Foundation
import Ledger
import Testing
import TinyRuns

extension SuiteTrait where Self == RecordedOnce {
    /// Two golden runs for the suite, `one` by the recipe `one.yaml`, of so many steps, which its policy names, and `two`;
    /// without ledger.
    static func goldenOnce(steps: Int = 3) -> RecordedOnce {
        recordedOnce { sandbox in
            let recipe = String(decoding: try FileContents.read(try sandbox.runs.smpo(steps: steps)), as: UTF8.self)
            for (name, path) in [
                ("one", try sandbox.runs.write(recipe, to: "one.yaml")), ("two", try sandbox.runs.base()),
            ] {
                let recorded = try sandbox.program.run("train", path, "--record", "--name", name, "--workers", "1")
                #expect(recorded.status == 0, "\(recorded.errors)")
                let accepted = try sandbox.program.run("golden", "accept", name)
                #expect(accepted.status == 0, "\(accepted.errors)")
            }
            try sandbox.watchOne()
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
        }
    }
}

/// What the tests of a gate do in a sandbox with golden runs.
extension Sandbox {
    /// Makes this sandbox's `one.yaml` the recipe that watches `one`.
    fileprivate func watchOne() throws {
        try runs.write("recipe: {path: \(runs.path("one.yaml"))}\n", to: "Golden/one/policy.yaml")
    }

    /// A copy of the suite's golden runs, with a recipe of its own.
    static func withGoldenCopy(_ body: (Sandbox) throws -> Void) throws {
        try withCopy { copy in
            try copy.watchOne()
            try body(copy)
        }
    }

    func gate(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Result {
        try program.start(["gate"] + arguments, environment: environment).wait()
    }

    func replace(_ old: String, _ new: String, in path: String) throws {
        let text = String(decoding: try FileContents.read(runs.path(path)), as: UTF8.self)
        try #require(text.contains(old))
        try AtomicFile.write(text.replacingOccurrences(of: old, with: new), to: runs.path(path))
    }

    /// All files below Golden with their bytes.
    func golden() throws -> [String: [UInt8]] {
        let root = runs.path("Golden")
        let files = try FileManager.default.subpathsOfDirectory(atPath: root).filter {
            !FileContents.isFolder("\(root)/\($0)")
        }
        return Dictionary(uniqueKeysWithValues: try files.map { ($0, try FileContents.read("\(root)/\($0)")) })
    }

    /// Changes the loss of step 2 in the golden log of `two`, every hash made anew, so that only a replay can tell. Gives the
    /// chain heads before and after.
    func changeGoldenLog() throws -> (old: Digest, new: Digest) {
        let log = try GoldenLog(folder: runs.path("Golden/two"))
        let steps = try log.steps()
        var (chain, changed) = (Chain(inputs: log.manifest.inputs.digest), [StepRecord]())
        for step in steps {
            let phases = try step.record.phases.map { phase in
                guard phase.phase == .loss, step.record.step == 2 else { return phase }
                return try PhaseRecord(
                    .loss, phase.entries.map { $0.name == "loss" ? TraceEntry("loss", 0.5 as Float) : $0 })
            }
            changed.append(try StepRecord(step: step.record.step, phases: phases))
            chain.append(changed[changed.count - 1].digest)
        }
        var manifest = log.manifest
        manifest.outcome = ManifestOutcome(chain: chain, weightsDigest: log.outcome.weightsDigest)
        manifest.circumstances.other["accepted"] = nil
        try GoldenLog.write(folder: runs.path("Golden/two"), manifest: manifest) { append in
            for record in changed { try append(StepTrace(record: record)) }
        }
        try manifest.write(to: workspace.manifest("two"))
        try FileContents.remove([runs.path("Golden/two/history.jsonl")])
        return (log.outcome.chainHead, chain.head)
    }
}

extension Program.Result {
    /// The report that was printed as JSON.
    func report() throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(Array(output.utf8), file: "report"), name: "report")
    }

    /// A gate's cases, `RUN OUTCOME` each.
    func outcomes() throws -> [String] {
        try report()["cases"].elements().map { try "\($0["run"].string()) \($0["outcome"].string())" }
    }
}
