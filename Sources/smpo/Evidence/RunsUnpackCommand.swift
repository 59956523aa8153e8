import ArgumentParser
import Audit
import Core
import Ledger

extension RunsCommand {
    /// `smpo runs unpack`
    struct Unpack: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take runs that were packed elsewhere into this ledger.",
            discussion: """
                Each folder is one that `smpo runs pack` wrote. It is verified
                first, and so is what has become of it here. A run that is here
                already, the same in all, is left as it is; another run of that
                name is refused, and nothing of it is taken; nor are folders that
                come after it, and the error is followed by what was taken before.
                A golden log stays in the folder: `smpo golden accept` makes a run
                golden.

                EXAMPLES
                  smpo runs unpack packed/run-1 packed/run-2

                \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
                """)

        @Argument(help: "Folders of packed evidence.")
        var folders: [String]

        func run() throws {
            var taken: [String] = []
            for (place, folder) in folders.enumerated() {
                do {
                    switch try EvidencePack.unpack(folder, into: Workspace()) {
                    case .new(let run, let steps):
                        print("\(run)  \(steps) steps, taken from \(folder)")
                        taken.append(run)
                    case .there(let run): print("\(run)  is here already, the same in all")
                    }
                } catch {
                    // Who reads the error alone must not think that nothing has changed here.
                    if folders.count > 1 {
                        let left = folders[place...].joined(separator: ", ")
                        let there = taken.isEmpty ? "nothing" : taken.joined(separator: ", ")
                        Message.note("taken before the error: \(there); not taken: \(left)")
                    }
                    throw error
                }
            }
        }
    }
}
