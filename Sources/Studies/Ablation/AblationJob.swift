import Core

/// Commands of `smpo` to run one after another in the ablation's folder, whose results are kept under a key: done once,
/// they are not run again.
package struct AblationJob: Sendable {
    /// What it is about, for people; part of the name of runs and files.
    package let name: String
    /// Stands for all that determines the outcome: commands, recipes, and the jobs it builds on.
    package let key: Digest
    /// Files to write first, below the folder.
    package let files: [(path: String, text: String)]
    /// Arguments of `smpo`; each prints JSON.
    package let commands: [[String]]
    /// The recorded run among them, if there is one.
    package let run: String?

    /// Where the result is kept, below the folder.
    package var result: String { "results/\(name)-\(key.hex.prefix(8)).json" }

    init(
        _ name: String, on sources: [Digest], files: [(String, String)] = [], run: String? = nil,
        _ commands: [[String]]
    ) {
        self.name = name
        self.run = run
        self.files = files
        self.commands = commands
        key = .of(
            .document,
            [
                "schema": 1, "sources": .array(sources.map { .digest($0) }),
                "files": .array(files.map { .string($0.1) }),
                "commands": .array(commands.map { .array($0.map { .string($0) }) }),
            ])
    }
}
