import ArgumentParser
import Audit
import Ledger

extension GoldenCommand {
    /// `smpo golden show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a golden log and print its outcome and how it came to be.",
            discussion: ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))

        @Argument(help: "Name of the golden run.")
        var name: String

        @OptionGroup var ring: KeyRing

        func run() throws {
            let workspace = Workspace()
            let log = try GoldenLog(folder: workspace.golden(name))
            var steps = 0
            try log.forEachStep { _ in steps += 1 }
            let history = try GoldenHistory(of: name, in: workspace)
            try history.requireEnd(log.outcome.chainHead)
            print("steps           \(steps)")
            print("chain head      \(log.outcome.chainHead)")
            print("weights digest  \(log.outcome.weightsDigest)")
            print("manifest digest \(log.manifest.digest)")
            let keys = try ring.all().map(\.key)
            for record in history.records {
                let old = record.oldHead.map { "\($0.short) → " } ?? ""
                print("\(record.date)      \(old)\(record.newHead.short)\(record.kind.map { "  \($0)" } ?? "")")
                if let reason = record.reason { print("                \(reason)") }
                if let difference = record.difference { print("                first difference: \(difference)") }
                let known = try record.signers(run: name, among: keys, file: history.path)
                for key in known { print("                signed with \(key)") }
                if known.isEmpty && !record.signatures.isEmpty {
                    print("                signed with a key that is not known, or the signature does not hold")
                }
            }
        }
    }
}
