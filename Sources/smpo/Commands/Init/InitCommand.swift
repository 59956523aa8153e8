import ArgumentParser

/// `smpo init`
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Begin a project with a golden run and its gate in CI; or make a model from configurations.",
        discussion: """
            EXAMPLES
              smpo init
              smpo init project --folder ../my-runs
              smpo init model Manifests/models/sd15 --seed 7 --dtype f16 --out sd15

            \(ExitStatus.help([.success, .trouble, .usage, .interrupted]))
            """,
        subcommands: [Project.self, Model.self], defaultSubcommand: Project.self)
}
