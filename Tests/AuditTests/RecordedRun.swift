import Audit
import Checkpoints
import Compute
import Core
import Foundation
import GRDB
import Ledger
import Testing
import TinyRuns
import Training

/// A small finished run with all that belongs to it, and ways to change what it left behind.
struct RecordedRun {
    let runs: TinyRuns
    let engine: Engine
    let manifest: Manifest
    var workspace: Workspace { Workspace(root: runs.path("work")) }

    static let circumstances = ManifestCircumstances(isa: "any", workers: 1, build: "test", host: "test")

    /// Records `recipe` as run-1 and hands the run to `body`; the folder is removed afterwards.
    static func with<Result>(
        _ recipe: (TinyRuns, Engine) throws -> String = { runs, _ in try runs.smpo() },
        level: RecordLevel = .tensors, observer: (any OperatorObserver)? = nil,
        _ body: (RecordedRun) throws -> Result
    ) throws -> Result {
        let (runs, engine) = (try TinyRuns(), Engine())
        engine.observer = observer
        defer {
            engine.stop()
            runs.remove()
        }
        let session = try TrainingSession(recipe: try Recipe.read(path: recipe(runs, engine)), engine: engine)
        let recording = RunRecording(
            session: session, workspace: Workspace(root: runs.path("work")), circumstances: circumstances, level: level)
        let ending = try recording.record(
            name: nil, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { false })
        guard case .finished(let manifest) = ending else { throw CancellationError() }
        engine.observer = nil
        return try body(RecordedRun(runs: runs, engine: engine, manifest: manifest))
    }

    /// Records another run into the same workspace.
    @discardableResult
    func record(
        _ recipe: String, _ overrides: [String] = [], as name: String, level: RecordLevel = .tensors,
        observer: (any OperatorObserver)? = nil
    ) throws -> Manifest {
        engine.observer = observer
        defer { engine.observer = nil }
        let session = try TrainingSession(
            recipe: try Recipe.read(path: recipe, overrides: overrides), engine: engine)
        let recording = RunRecording(
            session: session, workspace: workspace, circumstances: RecordedRun.circumstances, level: level)
        let ending = try recording.record(
            name: name, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { false })
        guard case .finished(let manifest) = ending else { throw CancellationError() }
        return manifest
    }

    /// Audits the run with every instruction set and other workers: reproduced each time, to the same head.
    func expectReproducedEverywhere(location: SourceLocation = #_sourceLocation) throws {
        for (index, isa) in ISA.supported.enumerated() {
            let engine = Engine(isa: isa, workers: 1 + 2 * index)
            defer { engine.stop() }
            let report = try Auditor(workspace: workspace, engine: engine).audit("run-1")
            let steps = manifest.outcome?.steps
            #expect(
                report.verdict == .reproduced, "\(isa): \(report.divergence?.description ?? "")",
                sourceLocation: location)
            #expect(report.steps == steps && report.equalSteps == steps, sourceLocation: location)
            #expect(report.chainHead == manifest.outcome?.chainHead, sourceLocation: location)
        }
    }

    /// Puts another file in the place of the checkpoint of step 2, named by its own digest: only the step's record knows
    /// better. `change` takes its tensors and its metadata. Gives the object's path.
    @discardableResult
    func forgeCheckpoint(
        _ change: (inout [(name: String, tensor: Tensor)], inout [String: String]) throws -> Void
    ) throws -> String {
        // An outcome of format 3 knows the checkpoints' objects.
        try makeFormatTwo()
        let checkpoint = try #require(try workspace.openLedger().checkpoints(of: "run-1").first)
        let file = try Checkpoint(safetensors: workspace.objects.path(of: checkpoint.object))
        var tensors = try file.names.map { (name: $0, tensor: try file.tensor(named: $0).copy()) }
        var metadata = Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) })
        try change(&tensors, &metadata)
        let path = runs.path("forged.safetensors")
        try Safetensors.write(tensors: tensors, metadata: metadata, to: path)
        let object = try workspace.objects.put(file: path)
        try sql("UPDATE checkpoints SET object = x'\(object.hex)' WHERE step = 2")
        return workspace.objects.path(of: object)
    }

    func audit(_ run: String = "run-1") throws -> AuditReport {
        try Auditor(workspace: workspace, engine: engine).audit(run)
    }

    /// The recorded steps.
    func records() throws -> [StepRecord] { try workspace.openLedger().steps(of: "run-1").map(\.record) }

    /// The recorded steps with their tensors.
    func traces() throws -> [StepTrace] {
        let ledger = try workspace.openLedger()
        return try records().map { StepTrace(record: $0, tensors: try ledger.tensors(of: "run-1", step: $0)) }
    }

    /// Writes the steps of the run into the ledger once more, as a run of another contract.
    func copy(under contract: String, as name: String) throws {
        var inputs = manifest.inputs
        inputs.contract = contract
        let outcome = try #require(manifest.outcome)
        let recorder = try workspace.openLedger()
            .createRun(inputs: inputs, circumstances: RecordedRun.circumstances, name: name)
        for step in try traces() { try recorder.append(step) }
        _ = try recorder.finish(weightsDigest: outcome.weightsDigest, files: try #require(outcome.files))
    }

    /// Writes the golden folder of the run; with `contract` as one of another contract, in the manifest too.
    func promote(under contract: String? = nil) throws {
        let steps = try traces()
        var manifest = manifest
        if let contract {
            manifest.inputs.contract = contract
            var chain = Chain(inputs: manifest.inputs.digest)
            for step in steps { chain.append(step.record.digest) }
            manifest.outcome = manifest.outcome?.of(chain)
            try manifest.write(to: workspace.manifest("run-1"))
        }
        try GoldenLog.write(folder: workspace.golden("run-1"), manifest: manifest) { append in
            for step in steps { try append(step) }
        }
    }

    /// Writes the model that the run has handed over, as `smpo train` does; gives its folder.
    @discardableResult
    func writeModel() throws -> String {
        let session = try TrainingSession(
            recipe: Recipe(json: JSONCursor(manifest.inputs.recipe, name: "recipe")), engine: engine)
        let last = try #require(try workspace.openLedger().checkpoints(of: "run-1").last)
        try TrainingCheckpoint.restore(
            Checkpoint(safetensors: workspace.objects.path(of: last.object)), into: session.trainer)
        session.useAverage()
        try session.model.pipeline.write(to: workspace.model("run-1"))
        return workspace.model("run-1")
    }

    /// Makes the run one that a program before format 3 has recorded.
    func makeFormatTwo() throws {
        var old = manifest
        old.outcome?.files = nil
        old.outcome?.ledger = nil
        try old.write(to: workspace.manifest("run-1"))
        let golden = "\(workspace.golden("run-1"))/manifest.json"
        if FileContents.exists(golden) { try old.write(to: golden) }
        let outcome = try #require(old.outcome).json.canonical
        try sql("UPDATE runs SET outcome = '\(outcome)', manifest_digest = x'\(old.digest.hex)' WHERE name = 'run-1'")
    }

    /// Takes ledger and objects away: what a fresh clone does not have.
    func removeLedger() throws { try FileManager.default.removeItem(atPath: runs.path("work/.smpo")) }

    /// Replaces the first `old` in a file by `new`.
    func replace(_ old: String, _ new: String, in path: String) throws {
        let text = String(decoding: try FileContents.read(path), as: UTF8.self)
        let range = try #require(text.range(of: old), "\(old) in \(path)")
        try AtomicFile.write(text.replacingCharacters(in: range, with: new), to: path)
    }

    /// Flips one bit of a file; offsets below zero count from its end.
    func flip(_ path: String, at offset: Int, bit: UInt8 = 0) throws {
        var bytes = try FileContents.read(path)
        bytes[offset < 0 ? bytes.count + offset : offset] ^= 1 << bit
        try AtomicFile.write(bytes, to: path)
    }

    func sql(_ statement: String) throws {
        try DatabaseQueue(path: workspace.ledger).write { db in
            try db.execute(sql: statement)
            #expect(db.changesCount == 1, "\(statement)")
        }
    }

    /// The line of the golden log of a step.
    func goldenLine(_ step: Int) throws -> String {
        let text = String(decoding: try FileContents.read(workspace.golden("run-1") + "/log.jsonl"), as: UTF8.self)
        return String(text.split(separator: "\n")[step - 1])
    }
}

extension StepTrace {
    /// The step with one entry of its record replaced.
    func replacing(_ phase: Phase, _ entry: TraceEntry) throws -> StepTrace {
        let phases = try record.phases.map { record in
            guard record.phase == phase else { return record }
            return try PhaseRecord(phase, record.entries.map { $0.name == entry.name ? entry : $0 })
        }
        return StepTrace(record: try StepRecord(step: record.step, phases: phases), tensors: tensors)
    }

    /// The step with the digest of one tensor replaced, and committed to.
    func replacing(_ phase: Phase, _ name: String, by digest: Digest) throws -> StepTrace {
        var tensors = tensors
        let list = try #require(tensors[phase])
        let changed = try TensorList(zip(list.names, list.digests).map { ($0, $0 == name ? digest : $1) })
        tensors[phase] = changed
        let record = try replacing(phase, TraceEntry(tensors: changed.commitment)).record
        return StepTrace(record: record, tensors: tensors)
    }
}
