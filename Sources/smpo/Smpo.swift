import ArgumentParser

/// The root command.
@main
struct Smpo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smpo",
        abstract: "Train text-to-image diffusion models with SmPO so that anyone can check the run, bit by bit.",
        discussion: """
            A run is a pure function of its manifest. Recording stores what it
            passes through, auditing computes it again and compares.

            EXAMPLES
              smpo audit run-42       replay the run that comes with the sources
              smpo train --record     train the embedded recipe and record it
              smpo gate               audit all golden runs, for CI
              smpo diff A B           how two checkpoints, or two runs, differ
              smpo init               begin a project of your own
              smpo doctor             see whether this machine keeps the contract

            \(ExitStatus.help(ExitStatus.allCases))
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Run",
                subcommands: [
                    TrainCommand.self, WatchCommand.self, AuditCommand.self, VerifyCommand.self, ProveCommand.self,
                    GateCommand.self, GoldenCommand.self, RunsCommand.self, ReportCommand.self, CalibrateCommand.self,
                ]),
            CommandGroup(
                name: "Comparison",
                subcommands: [DiffCommand.self, DigestCommand.self, InspectCommand.self, ConvertCommand.self]),
            CommandGroup(name: "Signing", subcommands: [KeysCommand.self, SignCommand.self]),
            CommandGroup(
                name: "Model and data",
                subcommands: [
                    SampleCommand.self, EvalCommand.self, AblateCommand.self, DataCommand.self, ScoreCommand.self,
                    LabelCommand.self,
                ]),
            CommandGroup(
                name: "Project and machine",
                subcommands: [
                    InitCommand.self, JobCommand.self, DoctorCommand.self, RanksCommand.self, BenchCommand.self,
                    StepCommand.self, ParityCommand.self,
                ]),
        ])

    /// Errors become messages on stderr and exit codes here and nowhere else.
    static func main() async {
        StandardStreams.secure()
        Interrupt.cleanUp()
        do {
            var command = try parseAsRoot()
            try RankGroups.require(command)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(with: error)
        }
        StandardStreams.exit(ExitStatus.success.rawValue)
    }
}
