import ArgumentParser
import Digests
import Foundation
import Ledger

/// `smpo golden`
struct GoldenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "golden",
        abstract: "Accept a recorded run as the golden one, or list the golden runs.",
        discussion: """
            A golden run is a manifest in Manifests/ and a log in Golden/RUN/:
            what audits on other machines compare with. Both are meant to be
            reviewed and committed. A run of another backend than the reference
            (backend: openblas) is refused: its bits are those of one machine.

            EXAMPLES
              smpo golden accept run-1 --as run-42
              smpo golden show run-42

            \(ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))
            """,
        subcommands: [Accept.self, Show.self])

    /// `smpo golden accept`
    struct Accept: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a finished run's log and manifest into Golden/.",
            discussion: ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))

        @Argument(help: "Name of the run in the ledger.")
        var name: String

        @Option(name: .customLong("as"), help: "Name of the golden run (default: the run's own).")
        var golden: String?

        @Flag(help: "Replace a golden run of that name.")
        var replace = false

        func run() throws {
            let workspace = Workspace()
            guard let ledger = try workspace.existingLedger() else {
                throw LedgerError.unknownRun(name: name, known: [])
            }
            var records: [StepRecord] = []
            var manifest = try ledger.verify(name, objects: workspace.objects) { records.append($0.record) }.manifest
            guard manifest.outcome != nil else {
                throw ValidationError("\(name) is not finished; take it up with: smpo train --resume \(name)")
            }
            manifest.run = golden ?? name
            guard RunName.isValid(manifest.run) else { throw ValidationError("\"\(manifest.run)\" is not a run name") }
            let folder = workspace.golden(manifest.run)
            guard replace || !FileContents.exists("\(folder)/log.jsonl") else {
                throw ValidationError("\(folder) exists; --replace writes over it")
            }
            try GoldenLog.write(folder: folder, manifest: manifest) { append in
                for record in records {
                    try append(StepTrace(record: record, tensors: try ledger.tensors(of: name, step: record)))
                }
            }
            try manifest.write(to: workspace.manifest(manifest.run))
            print("\(folder)/log.jsonl and \(workspace.manifest(manifest.run)) written: \(records.count) steps")
        }
    }

    /// `smpo golden show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify a golden log and print its outcome.",
            discussion: ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))

        @Argument(help: "Name of the golden run.")
        var name: String

        func run() throws {
            let log = try GoldenLog(folder: Workspace().golden(name))
            var steps = 0
            try log.forEachStep { _ in steps += 1 }
            print("steps           \(steps)")
            print("chain head      \(log.outcome.chainHead)")
            print("weights digest  \(log.outcome.weightsDigest)")
            print("manifest digest \(log.manifest.digest)")
        }
    }
}
