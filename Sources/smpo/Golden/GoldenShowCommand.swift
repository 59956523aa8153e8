import ArgumentParser
import Audit
import Core
import Ledger

extension GoldenCommand {
    /// `smpo golden show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a golden log and print its outcome and how it came to be.",
            discussion: ExitStatus.help([.success, .trouble, .tampered, .usage]))

        @Argument(help: "Name of the golden run.")
        var name: String

        @Flag(help: "Print it as JSON.")
        var json = false

        @OptionGroup var ring: KeyRing

        func run() throws {
            let workspace = Workspace()
            try AcceptanceJournal.finish(in: workspace)
            let log = try GoldenLog(folder: workspace.golden(name))
            var steps = 0
            try log.forEachStep { _ in steps += 1 }
            let history = try GoldenHistory(of: name, in: workspace)
            try history.check(log)
            let keys = try ring.all().map(\.key)
            if json {
                let value: JSONValue = [
                    "schema": 1, "run": .string(name), "steps": .integer(steps),
                    "chain_head": .digest(log.outcome.chainHead), "weights_digest": .digest(log.outcome.weightsDigest),
                    "manifest_digest": .digest(log.manifest.digest),
                    "history": .array(try history.records.map { try described($0, keys, history.path) }),
                ]
                return print(value.pretty)
            }
            Message.line("steps           \(steps)")
            Message.line("chain head      \(log.outcome.chainHead)")
            Message.line("weights digest  \(log.outcome.weightsDigest)")
            Message.line("manifest digest \(log.manifest.digest)")
            for record in history.records {
                let old = record.oldHead.map { "\($0.short) → " } ?? ""
                Message.line("\(record.date)      \(old)\(record.newHead.short)\(record.kind.map { "  \($0)" } ?? "")")
                if let reason = record.reason { Message.line("                \(reason)") }
                if let difference = record.difference {
                    Message.line("                first difference: \(difference)")
                }
                let known = try record.signers(run: name, among: keys, file: history.path)
                for key in known { Message.line("                signed with \(key)") }
                if known.isEmpty && !record.signatures.isEmpty {
                    Message.line("                signed with a key that is not known, or the signature does not hold")
                }
            }
        }

        /// A record, and who of the known keys has signed it.
        private func described(_ record: Acceptance, _ keys: [VerifyingKey], _ path: String) throws -> JSONValue {
            guard case .object(var object) = record.json else { return record.json }
            let known = try record.signers(run: name, among: keys, file: path)
            object["signed_by"] = .array(known.map { .string("\($0)") })
            return .object(object)
        }
    }
}
