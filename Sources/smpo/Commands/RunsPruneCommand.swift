import ArgumentParser
import Ledger
import Pages
import Training

extension RunsCommand {
    /// `smpo runs prune`
    struct Prune: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take runs out of the ledger, with the objects that nothing else names.",
            discussion: """
                Without --yes nothing is changed: what would go is printed.
                Manifests, golden logs and trained models stay in any case. With
                --checkpoints only the states before the last one go; the runs
                and their chains stay whole, and their audits have to begin at
                the beginning.

                \(ExitStatus.help([.success, .trouble, .usage]))
                """)

        @Argument(help: "Names of the runs.")
        var names: [String]

        @Flag(help: "Remove only the checkpoints before the last one.")
        var checkpoints = false

        @Flag(help: "Do it.")
        var yes = false

        func run() throws {
            let workspace = Workspace()
            guard let ledger = try workspace.existingLedger() else {
                throw LedgerError.unknownRun(name: names.first ?? "", known: [])
            }
            let plan = try ledger.planPruning(names, checkpointsOnly: checkpoints)
            let bytes = plan.objects.reduce(0) { $0 + (workspace.objects.size($1) ?? 0) }
            let runs = names.joined(separator: ", ")
            let what = checkpoints ? "checkpoints of \(runs)" : "\(runs): \(plan.steps) steps"
            let objects = "\(plan.objects.count) objects of \(MemorySize(bytes))"
            guard yes else {
                return print("would remove \(what); \(objects). Nothing was changed; --yes does it")
            }
            try workspace.openLedger().prune(plan, objects: workspace.objects)
            print("removed \(what); \(objects)")
        }
    }
}
