import ArgumentParser
import Audit
import Core
import Foundation
import Ledger
import Studies

/// `smpo eval --check`: makes the evaluation of a report again and holds the two against each other.
struct EvaluationCheckRun {
    let command: EvalCommand

    /// Checks the report at `path`.
    func run(_ path: String) throws {
        Interrupt.listen()
        let (options, workspace) = (command.prompted, Workspace())
        if let out = options.out { try OutputFile("--out", out).require(sparing: [path], workspace) }
        if let pictures = options.pictures { try OutputFile("--pictures", pictures).requireOutsideEvidence(workspace) }
        let record = try EvaluationRecord.read(path)
        if let check = EvaluationCheck(record) { return try finish(check) }
        var request = try EvaluationRequest(record.asked)
        try request.move(to: command)
        let run = try PromptEvaluationRun(try request.command(file: path), by: command)
        defer { run.engine.stop() }
        let statements = try run.statements()
        if let folder = options.scoresFolder, options.share != nil {
            let evaluation = run.evaluation(folder: options.pictures ?? folder, scores: folder)
            return try run.drawShare(of: evaluation, statements)
        }
        // Nothing is drawn from other inputs: that could take days and say nothing of the report.
        if let check = EvaluationCheck(record, try run.inputs(statements)) { return try finish(check) }
        // Tasks elsewhere see what the workspace holds, and nothing of this machine's own.
        let place = command.cluster.isElsewhere ? "\(workspace.jobs)/" : NSTemporaryDirectory()
        let folder = place + "smpo-evaluation-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pictures = options.pictures ?? "\(folder)/pictures"
        let evaluation = run.evaluation(folder: pictures, scores: "\(folder)/scores")
        let kept = options.pictures == nil ? 0 : try run.kept(by: evaluation)
        let places = ["--pictures", pictures, "--scores-folder", "\(folder)/scores"]
        if command.cluster.isElsewhere {
            try run.runShares(of: evaluation, statements, on: command.cluster, places)
        } else if run.jobs > 1 {
            try run.runShares(of: evaluation, places)
        }
        let report = try run.report(evaluation, statements, shows: true)
        if let out = options.out {
            try AtomicFile.write(report.json.pretty + "\n", to: out)
            Message.note("\(out) written")
        }
        try finish(EvaluationCheck(record, report, kept: kept))
    }

    private func finish(_ check: EvaluationCheck) throws {
        print(command.json ? check.json.pretty : check.text)
        try ExitStatus(check.outcome.status).end()
    }
}
