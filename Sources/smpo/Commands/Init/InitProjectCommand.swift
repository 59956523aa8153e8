import ArgumentParser
import Core
import Foundation
import Jobs
import Ledger

extension InitCommand {
    /// `smpo init project`
    struct Project: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a project in this folder: a recipe, its golden run, and the gate in CI (the default).",
            discussion: """
                Writes Manifests/ with a first recipe and the configurations of a very
                small model, records that recipe (some seconds), accepts the run as
                golden, and writes what lets CI hold every change against it: a
                workflow for GitHub, a job for GitLab, a hook for pre-commit. Lines are
                added to .gitignore, and to .gitattributes: the bytes of Golden/ and
                Manifests/ count, so Git must convert no line ends there.

                What is there already stays as it is, and is listed as kept: of a CI
                configuration it is then said what to put in.

                EXAMPLES
                  smpo init
                  smpo init --ci github
                  smpo gate

                \(ExitStatus.help([.success, .trouble, .usage, .interrupted]))
                """)

        /// The CI systems that have a template.
        enum System: String, ExpressibleByArgument, CaseIterable { case github, gitlab, all, none }

        @Option(help: "Folder of the project; made if it is missing.")
        var folder = "."

        @Option(help: "CI system to write for: \(System.allCases.map(\.rawValue).joined(separator: ", ")).")
        var ci = System.all

        func run() throws {
            try FileContents.makeFolder(folder)
            var hints: [String] = []
            for file in ProjectFiles.all(ci) {
                let path = folder == "." ? file.path : "\(folder)/\(file.path)"
                if FileContents.exists(path) {
                    if try file.isIn(FileContents.read(path)) {
                        Message.line("kept     \(file.path)")
                    } else if file.isAppended {
                        let old = try FileContents.read(path)
                        let lineFeed: [UInt8] = old.isEmpty || old.last == 0x0A ? [] : [0x0A]
                        try AtomicFile.write(old + lineFeed + Array(file.text.utf8), to: path)
                        Message.line("added to \(file.path)")
                    } else {
                        Message.line("kept     \(file.path)")
                        if let hint = file.hint {
                            hints.append("\(file.path) is yours already; \(hint):\n\n\(file.text)")
                        }
                    }
                    continue
                }
                try FileContents.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
                try AtomicFile.write(file.text, to: path)
                Message.line("wrote    \(file.path)")
            }
            try recordGolden()
            for hint in hints { print("\n" + hint) }
            print("\nnext: git add, commit, and smpo gate")
        }

        /// Records the first recipe and accepts the run, by the commands that a person would type.
        private func recordGolden() throws {
            let name = ProjectFiles.run
            guard !GoldenLog.exists(folder: Workspace(root: folder).golden(name)) else {
                return Message.line("kept     Golden/\(name)")
            }
            // An earlier attempt may have come as far as the recording.
            let recorded = try Workspace(root: folder).existingLedger()?.runs().contains { $0.name == name } ?? false
            let training = recorded ? ["--resume", name] : [ProjectFiles.recipe, "--record", "--name", name]
            let commands = [Command(["train"] + training), Command(["golden", "accept", name])]
            _ = try Runner.here(folder, width: 1).run(
                [Job(name, commands)],
                read: { _, ending in
                    guard ending.exitCode == 0 else { throw ending.failure("no message") }
                })
            Message.line("recorded Golden/\(name)")
        }
    }
}
