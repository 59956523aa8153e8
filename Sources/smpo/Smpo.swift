import ArgumentParser

/// The root command.
@main
struct Smpo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smpo",
        abstract: "Train text-to-image diffusion models with SmPO so that anyone can check the run, bit by bit.",
        discussion: """
            A run is a pure function of its manifest. Recording stores what it passes through, auditing computes it
            again and compares.

            EXAMPLES
              smpo audit run-42            replay the recorded run that comes with the sources
              smpo gate                    audit all golden runs, for CI
              smpo train --record          train the embedded recipe and record it
              smpo step --help             hold another framework against this one
              smpo doctor                  see whether this machine keeps the contract

            \(ExitStatus.help(ExitStatus.allCases))
            """,
        version: "0.1.0",
        subcommands: [
            TrainCommand.self, AuditCommand.self, DiffCommand.self, DigestCommand.self, InspectCommand.self,
            VerifyCommand.self, ProveCommand.self, GateCommand.self, CalibrateCommand.self, KeysCommand.self,
            SignCommand.self, RunsCommand.self, WatchCommand.self, ReportCommand.self,
            GoldenCommand.self, SampleCommand.self, EvalCommand.self, AblateCommand.self, StepCommand.self,
            InitCommand.self, DataCommand.self, ScoreCommand.self, LabelCommand.self, BenchCommand.self,
            DoctorCommand.self,
        ])

    /// Errors become messages on stderr and exit codes here and nowhere else.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(with: error)
        }
    }
}
