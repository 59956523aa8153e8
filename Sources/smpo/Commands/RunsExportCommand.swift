import ArgumentParser
import Digests
import Ledger

extension RunsCommand {
    /// `smpo runs export`
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a run's steps as JSON Lines or CSV.",
            discussion: """
                JSON Lines are those of a golden log: record, digest and head of
                each step. CSV has a row a step: loss, gradient norm, learning
                rate (shortest decimals that give the same bits) and the head.
                The run is verified as it is read; nothing is written of one that
                does not hold.

                \(ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))
                """)

        @Argument(help: "Name of the run.")
        var name: String

        @Option(help: "jsonl or csv.")
        var format = "jsonl"

        @Option(help: "File to write (default: standard output).")
        var out: String?

        func validate() throws {
            guard ["jsonl", "csv"].contains(format) else {
                throw ValidationError("--format: expected jsonl or csv, found \"\(format)\"")
            }
        }

        func run() throws {
            guard let ledger = try Workspace().existingLedger() else {
                throw LedgerError.unknownRun(name: name, known: [])
            }
            // Whole before a line is shown: the fault may be in the last step.
            try ledger.verify(name)
            if let out {
                try AtomicFile.write(to: out) { file in
                    try export(ledger) { try file.append($0 + "\n") }
                }
            } else {
                try export(ledger) { print($0) }
            }
        }

        private func export(_ ledger: LedgerStore, _ write: (String) throws -> Void) throws {
            if format == "csv" { try write("step,loss,gradient_norm,learning_rate,head") }
            try ledger.verify(name) { step in
                guard format == "csv" else {
                    return try write(
                        GoldenStep(record: step.record, digest: step.digest, head: step.head).json.canonical)
                }
                let record = step.record
                let numbers = [
                    float(record[.loss]?["loss"]), float(record[.gradient]?["norm"]),
                    double(record[.update]?["learning rate"]),
                ]
                try write(([String(record.step)] + numbers + [step.head.hex]).joined(separator: ","))
            }
        }

        private func float(_ entry: TraceEntry?) -> String {
            guard case .float32(let bits)? = entry?.value, let first = bits.first else { return "" }
            return "\(Float(bitPattern: first))"
        }

        private func double(_ entry: TraceEntry?) -> String {
            guard case .float64(let bits)? = entry?.value, let first = bits.first else { return "" }
            return "\(Double(bitPattern: first))"
        }
    }
}
