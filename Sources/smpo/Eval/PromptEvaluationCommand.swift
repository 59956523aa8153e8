import Core
import Ledger
import Pages
import Studies

/// `smpo eval --prompts`: draws, scores, and says what came of it.
struct PromptEvaluationCommand {
    let command: EvalCommand

    func run() throws {
        Interrupt.listen()
        let workspace = Workspace()
        let options = command.prompted
        let place = options.pictures ?? workspace.pictures
        try OutputFile("--pictures", place).requireOutsideEvidence(workspace)
        if let page = options.page {
            let inputs = [command.reference, command.model, options.prompts]
            try OutputFile("--page", page).require(sparing: inputs, workspace)
        }
        let run = try PromptEvaluationRun(command, by: command)
        defer { run.engine.stop() }
        let statements = try run.statements()
        let evaluation = run.evaluation(folder: place)
        if options.share != nil { return try run.drawShare(of: evaluation, statements) }
        if command.cluster.isElsewhere {
            try run.runShares(of: evaluation, statements, on: command.cluster)
        } else if run.jobs > 1 {
            try run.runShares(of: evaluation)
        }
        let report = try run.report(evaluation, statements, shows: true)
        let finding = report.finding(
            pictures: options.page == nil ? [] : try EvaluationGallery(report, evaluation.pictures).items)
        if let page = options.page {
            try AtomicFile.write(try HTMLPresenter().present(finding), to: page)
            Message.note("\(page) written")
        }
        print(command.json ? report.json.pretty : TableTextPresenter().present(finding))
    }
}
