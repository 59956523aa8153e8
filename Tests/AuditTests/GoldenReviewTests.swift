import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// A golden run that has changed is reviewed and accepted.
@Suite struct GoldenReviewTests {
    /// A golden run, without ledger, whose policy names its recipe.
    private func withGolden(under contract: String? = nil, _ body: (RecordedRun, _ recipe: String) throws -> Void)
        throws
    {
        var recipe = ""
        try RecordedRun.with({ runs, _ in
            recipe = try runs.smpo()
            return recipe
        }) { run in
            try run.promote(under: contract)
            try run.removeLedger()
            try AtomicFile.write(
                "recipe: {path: \(recipe)}\n", to: run.workspace.golden("run-1") + "/policy.yaml")
            try body(run, recipe)
        }
    }

    private func review(_ run: RecordedRun, fault: Fault? = nil) throws -> Drift {
        var review = GoldenReview(
            workspace: run.workspace, engine: run.engine, circumstances: RecordedRun.circumstances)
        review.fault = fault
        return try review.review("run-1").drift
    }

    @discardableResult
    private func accept(
        _ run: RecordedRun, reason: String? = "meant", key: SigningKey? = nil, watch: RecipeWatch? = nil
    ) throws -> GoldenAcceptance.Result {
        let log = try GoldenReplacement("run-1", in: run.workspace).open()
        let steps = try log.steps()
        return try GoldenAcceptance(workspace: run.workspace, reason: reason, date: "2026-11-28", key: key)
            .accept(log.manifest, watch: watch) { append in
                for (index, step) in steps.enumerated() {
                    try append(StepTrace(record: step.record, tensors: try log.tensors(of: index + 1, in: steps)))
                }
            }
    }

    /// One bit of a picture in step 2: its batch, and all that follows.
    private let fault = Fault(step: 2) { batch, _ in
        let x0 = batch.x0.copy()
        x0.hostValues[0] += 0.5
        return batch.replacing(x0: x0)
    }

    @Test func whatIsAsItWasLeavesNothingBehind() throws {
        try withGolden { run, _ in
            let drift = try review(run)
            #expect(drift.kind == nil && drift.heads.recorded == drift.heads.found && drift.steps.count == 3)
            #expect(!FileContents.exists(run.workspace.reviews + "/run-1"))
            #expect(GoldenReplacement.all(in: run.workspace).isEmpty)
            #expect(throws: GoldenReplacement.Unusable.self) { try accept(run) }
        }
    }

    @Test func whatHasMovedCanBeAccepted() throws {
        try withGolden { run, _ in
            let workspace = run.workspace
            let drift = try review(run, fault: fault)
            #expect(drift.kind == .step(2, .batch) && drift.divergence?.step == 2)
            #expect(GoldenReplacement.all(in: workspace) == ["run-1"])
            #expect(throws: GoldenAcceptance.NoReason.self) { try accept(run, reason: nil) }
            #expect(throws: GoldenAcceptance.NoReason.self) { try accept(run, reason: "") }
            #expect(try run.audit().verdict == .reproduced)
            let result = try accept(run)
            #expect(result.record.oldHead == run.manifest.outcome?.chainHead)
            #expect(result.record.newHead == drift.heads.found && result.record.kind == "step 2, phase batch")
            #expect(result.record.difference == drift.divergence?.description && result.steps == 3)
            let log = try GoldenLog(folder: workspace.golden("run-1"))
            #expect(log.outcome == drift.found && log.manifest.inputs == run.manifest.inputs)
            #expect(try Manifest.read(workspace.manifest("run-1")) == log.manifest)
            #expect(try GoldenList.read(workspace.goldenList)?.runs == ["run-1"])
            let history = try GoldenHistory(of: "run-1", in: workspace)
            #expect(history.records == [result.record])
            try history.requireEnd(try #require(drift.heads.found))
            // The replay is right again: the golden run is not.
            #expect(try run.audit().divergence?.step == 2)
            // The review was of a golden run that is no longer there.
            let stale = try #require(throws: GoldenReplacement.Unusable.self) { try accept(run) }
            #expect("\(stale)".contains("stale") && "\(stale)".contains("smpo golden review run-1"), "\(stale)")
            _ = try review(run)
            try accept(run, reason: "back")
            #expect(try run.audit().verdict == .reproduced)
            #expect(try GoldenHistory(of: "run-1", in: workspace).records.map(\.reason) == ["meant", "back"])
        }
    }

    /// A golden run of another contract is not held against what is computed here; it can be replaced.
    @Test func anotherContractIsIncomparableAndCanBeAccepted() throws {
        try withGolden(under: "ref-9") { run, _ in
            #expect(try run.audit().verdict == .incomparable)
            let finding = try GoldenReview(
                workspace: run.workspace, engine: run.engine, circumstances: RecordedRun.circumstances
            ).review("run-1")
            #expect(finding.judgement.verdict == .incomparable)
            #expect(finding.judgement.reason?.contains("ref-9") == true)
            let drift = finding.drift
            #expect(drift.steps.isEmpty && drift.divergence == nil && drift.inputs.map(\.path) == ["contract"])
            #expect(drift.heads.recorded != drift.heads.found)
            let record = try accept(run).record
            #expect(record.kind == "inputs" && record.difference == nil && record.oldHead == drift.heads.recorded)
            #expect(try run.audit().verdict == .reproduced)
        }
    }

    /// The recipe's file says something else: the golden run would be another, from other inputs.
    @Test func aChangedRecipeIsReviewedAndAccepted() throws {
        try withGolden { run, recipe in
            try run.replace("optimizer: {lr: 1e-3}", "optimizer: {lr: 1e-3, weight_decay: 0.02}", in: recipe)
            #expect(try run.audit().verdict == .reproduced)
            let drift = try review(run)
            #expect(drift.kind == .recipe && drift.inputs.map(\.path) == ["recipe.optimizer.weight_decay"])
            // Changed again since.
            try run.replace("weight_decay: 0.02", "weight_decay: 0.03", in: recipe)
            let stale = try #require(throws: GoldenReplacement.Unusable.self) { try accept(run) }
            #expect("\(stale)".contains("optimizer.weight_decay"), "\(stale)")
            _ = try review(run)
            try accept(run)
            let manifest = try Manifest.read(run.workspace.manifest("run-1"))
            #expect(manifest.inputs.digest != run.manifest.inputs.digest)
            #expect(try run.audit().verdict == .reproduced && review(run).kind == nil)
            #expect(try GoldenHistory(of: "run-1", in: run.workspace).records.map(\.kind) == ["recipe"])
        }
    }

    /// More steps than were recorded are steps that cannot be compared.
    @Test func anotherNumberOfStepsIsARecipe() throws {
        try withGolden { run, recipe in
            try run.replace("steps: 3", "steps: 4", in: recipe)
            let drift = try review(run)
            #expect(drift.kind == .recipe && drift.steps.count == 3 && drift.found?.steps == 4)
            #expect(drift.divergence == nil && drift.steps.allSatisfy(\.isEqual))
            try accept(run)
            #expect(try run.audit().equalSteps == 4)
        }
    }

    @Test func signaturesOfTheOldManifestGo() throws {
        try withGolden { run, _ in
            let workspace = run.workspace
            let (old, new) = (try SigningKey(.ed25519), try SigningKey(.ed25519))
            let path = workspace.attestations("run-1")
            let statement = try #require(RunStatement.json(run.manifest))
            var attestations = Attestations(path: path)
            try attestations.add(Envelope(statement.canonicalBytes, by: [old]))
            _ = try review(run, fault: fault)
            #expect(try accept(run).removedSignatures == 1 && !FileContents.exists(path))
            _ = try review(run)
            let signed = try accept(run, key: new)
            let evidence = try Run("run-1", in: workspace, keys: [new.verifyingKey])
            #expect(evidence.signers.known == [new.verifyingKey])
            let (keys, file) = ([old.verifyingKey, new.verifyingKey], "history")
            #expect(try signed.record.signers(run: "run-1", among: keys, file: file) == [new.verifyingKey])
            #expect(try signed.record.signers(run: "run-2", among: keys, file: file).isEmpty)
            // What was signed is all the record says.
            let history = workspace.golden("run-1") + "/history.jsonl"
            try run.replace("\"reason\":\"meant\",\"signatures\"", "\"reason\":\"other\",\"signatures\"", in: history)
            let changed = try #require(try GoldenHistory(of: "run-1", in: workspace).records.last)
            #expect(changed.reason == "other")
            #expect(try changed.signers(run: "run-1", among: keys, file: file).isEmpty)
        }
    }

    @Test func aHistoryThatDoesNotHoldIsTampered() throws {
        try withGolden { run, _ in
            _ = try review(run, fault: fault)
            try accept(run)
            _ = try review(run)
            try accept(run)
            let path = run.workspace.golden("run-1") + "/history.jsonl"
            let lines = String(decoding: try FileContents.read(path), as: UTF8.self).split(separator: "\n")
            for (text, field) in [
                ("\(lines[0])\n\(lines[0])\n", "line 2, old_head"), ("\(lines[0])\n{}\n", "line 2"),
                ("no\n", "line 1"),
            ] {
                try AtomicFile.write(text, to: path)
                let error = try #require(throws: TamperError.self) { try GoldenHistory(of: "run-1", in: run.workspace) }
                #expect(error.field == field, "\(error)")
            }
            // A golden run that was replaced without a record, or whose last record went.
            try AtomicFile.write("\(lines[0])\n", to: path)
            #expect(try run.audit().verdict == .tampered)
            try FileContents.remove([path])
            #expect(try run.audit().reason?.contains("found no file") == true)
            try AtomicFile.write("\(lines[0])\n\(lines[1])\n", to: path)
            #expect(try run.audit().verdict == .reproduced)
            try AtomicFile.write("\(lines[0])\n\(lines[1])", to: path)
            #expect(try run.audit().verdict == .tampered)
            try AtomicFile.write("\(lines[0])\r\n\(lines[1])\r\n", to: path)
            #expect(throws: LineEndError.self) { try run.audit() }
            // One that went with its mark in one place only.
            try AtomicFile.write("\(lines[0])\n\(lines[1])\n", to: path)
            let manifest = run.workspace.manifest("run-1")
            try Manifest.read(manifest).marked(nil).write(to: manifest)
            #expect(try run.audit().reason?.contains("circumstances.accepted") == true)
            try GoldenLog(folder: run.workspace.golden("run-1")).manifest.write(to: manifest)
            // One that was accepted before there were marks: only that its history ends at its head is known.
            let log = try GoldenLog(folder: run.workspace.golden("run-1"))
            for path in [manifest, log.folder + "/manifest.json"] { try log.manifest.marked(nil).write(to: path) }
            #expect(try run.audit().verdict == .reproduced)
            _ = try review(run, fault: fault)
            try AtomicFile.write("\(lines[0])\n", to: path)
            #expect(throws: TamperError.self) { try accept(run) }
            #expect(try run.audit().verdict == .tampered)
        }
    }

    /// What watches a run that is accepted: found, given, or refused.
    @Test func noRunBecomesGoldenUnwatched() throws {
        try withGolden { run, recipe in
            let workspace = run.workspace
            let policy = workspace.golden("run-1") + "/policy.yaml"
            try FileContents.remove([policy])
            _ = try review(run, fault: fault)
            let unknown = try #require(throws: (any Error).self) { try accept(run) }
            #expect("\(unknown)".contains("which recipe it was recorded by is not known"), "\(unknown)")
            #expect("\(unknown)".contains("--recipe PATH") && "\(unknown)".contains("--unwatched"), "\(unknown)")
            #expect(throws: FileError.self) { try accept(run, watch: .recipe(RecipeSource(path: "none.yaml"))) }
            let other = try #require(throws: (any Error).self) {
                try accept(run, watch: .recipe(RecipeSource(path: recipe, overrides: ["training.steps=5"])))
            }
            #expect("\(other)".contains("training.steps is 5, recorded was 3"), "\(other)")
            #expect(!FileContents.exists(policy) && !FileContents.exists(workspace.root + "/.smpo/accepting"))

            try accept(run, watch: .unwatched(reason: "a test"))
            #expect(try GoldenPolicy.read(policy).unwatched == "a test")
            // By the recipe that is given, which the manifest then notes; the rest of the policy stays.
            try AtomicFile.write("recipe: unwatched\nreason: a test\nsteps: 2\n", to: policy)
            _ = try review(run)
            try accept(run, watch: .recipe(RecipeSource(path: recipe)))
            #expect(try GoldenPolicy.read(policy).recipe?.path == recipe && GoldenPolicy.read(policy).steps == 2)
            #expect(try Manifest.read(workspace.manifest("run-1")).recipeSource()?.path == recipe)
            // By the recipe that the manifest notes, without a policy; a policy that names it stays to the byte.
            try FileContents.remove([policy])
            _ = try review(run, fault: fault)
            try accept(run)
            #expect(try GoldenPolicy.read(policy).recipe == RecipeSource(path: recipe))
            try AtomicFile.write("# ours\nrecipe: {path: \(recipe)}\n", to: policy)
            _ = try review(run)
            try accept(run)
            #expect(String(decoding: try FileContents.read(policy), as: UTF8.self).hasPrefix("# ours\n"))
        }
    }

    /// A policy that hides a change, and one that names the same file otherwise.
    @Test func aPolicyThatWatchesLessIsSeen() throws {
        try withGolden { run, recipe in
            let (manifest, path) = (run.manifest, run.workspace.golden("run-1") + "/policy.yaml")
            let root = run.runs.folder
            let inside = try #require(RecipeSource.path(inProject: recipe, root: root))
            #expect(inside == (recipe as NSString).lastPathComponent)
            #expect(RecipeSource.path(inProject: "/etc/passwd", root: root) == nil)
            #expect(RecipeSource.path(inProject: "../x.yaml", root: root) == nil)
            #expect(RecipeSource.path(inProject: "./a/../\(inside)", root: root) == inside)
            func watch(_ source: RecipeSource?, _ recorded: RecipeSource?) throws -> RecipeWatch {
                var (policy, manifest) = (GoldenPolicy(), manifest)
                policy.recipe = source
                manifest.circumstances = manifest.circumstances.noting(recorded)
                return try RecipeWatch(policy, at: path, of: manifest, root: root)
            }
            let (whole, set) = (RecipeSource(path: inside), ["optimizer.lr=1e-3"])
            for (source, recorded) in [
                (whole, whole), (RecipeSource(path: recipe), whole), (whole, nil),
                (whole, RecipeSource(path: inside, overrides: set)), (whole, RecipeSource(path: "gone.yaml")),
            ] { #expect(try watch(source, recorded) == .recipe(source)) }
            #expect(
                try watch(RecipeSource(path: inside, overrides: set), whole).unwatched?.contains("optimizer.lr") == true
            )
            let copy = try run.runs.smpo()
            #expect(try watch(RecipeSource(path: copy), whole).unwatched?.contains("which is still there") == true)
            #expect(try watch(nil, whole).unwatched?.contains("names no recipe") == true)
        }
    }

    /// A replay that ends on the way leaves nothing that could be accepted.
    @Test func anInterruptedReviewIsNone() throws {
        try withGolden { run, _ in
            let review = GoldenReview(
                workspace: run.workspace, engine: run.engine, circumstances: RecordedRun.circumstances)
            #expect(throws: CancellationError.self) {
                _ = try review.review("run-1") { step, _ in if step == 2 { throw CancellationError() } }
            }
            #expect(GoldenReplacement.all(in: run.workspace).isEmpty)
        }
    }
}
