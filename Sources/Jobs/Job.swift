import Core

/// A unit of work: commands that run one after another, and a key that stands for all that determines their outcome.
package struct Job: Sendable {
    /// In an argument of a task that runs elsewhere it stands for the job's folder, wherever that lies.
    package static let folderToken = "{job}"

    /// What it is about, for people; part of the name of files.
    package let name: String
    /// Digests of what its commands build on.
    let sources: [Digest]
    /// How many of the runner's cores it takes up.
    package let cores: Int
    /// Files to write first, below the runner's folder.
    package let files: [(path: String, text: String)]
    package let commands: [Command]
    /// Of tasks that run elsewhere: those, by number, that have to have a result before this one is run.
    package let after: [Int]
    /// The run that the first command records, if it records one.
    package let run: String?
    /// The digest of commands, their environment, files, and the sources that they build on.
    package let key: Digest
    /// Where it works when other machines run it; nil for the folder in which a task is started.
    package var place: TaskPlace?
    /// Members of the objects that its commands print in which two runs of it may differ, as the time that one took.
    package var mayDiffer: [String] = []
    /// What it makes, below the folder in which its commands run; with a slash at its end a folder to whose contents it adds.
    package var leaves: [String] = []

    package init(
        _ name: String, on sources: [Digest] = [], cores: Int = 1, files: [(String, String)] = [], run: String? = nil,
        after: [Int] = [], _ commands: [Command]
    ) {
        self.name = name
        self.sources = sources
        self.cores = cores
        self.files = files
        self.commands = commands
        self.run = run
        self.after = after
        var inputs: JSONObject = [
            "schema": 1, "sources": .array(sources.map { .digest($0) }),
            "files": .array(files.map { .string($0.1) }),
            "commands": .array(commands.map { .array($0.arguments.map { .string($0) }) }),
        ]
        if commands.contains(where: { !$0.environment.isEmpty }) {
            inputs["environments"] = .array(
                commands.map { command in
                    .object(
                        JSONObject(command.environment.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
                })
        }
        key = .of(.document, .object(inputs))
    }
}
