import ArgumentParser
import Core
import Foundation
import Ledger
import Reports

extension RunsCommand {
    /// `smpo runs export`
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a run for other programs: JSON Lines, CSV, MLflow, TensorBoard, RO-Crate.",
            discussion: """
                jsonl        the lines of a golden log: record, digest and head of
                             each step
                csv          a row a step: loss, gradient norm, clip factor, learning
                             rate, margin, implicit accuracy (shortest decimals that
                             give the same bits) and the head
                mlflow       a run in the tracking folder --out (mlruns), for
                             `mlflow ui --backend-store-uri FOLDER`
                tensorboard  an event file in the folder --out/RUN, for
                             `tensorboard --logdir FOLDER`
                ro-crate     a folder --out with manifest, log, numbers and
                             ro-crate-metadata.json (Process Run Crate)

                Numbers measured between the steps (--validate-every,
                --reward-every) go to mlflow and tensorboard too. The run is
                verified as it is read; nothing is written of one that does not
                hold. Times stand in no digest, nor do the measured numbers of a
                run that is not finished or has a manifest of format 2. Files
                that are there already are written over.

                EXAMPLES
                  smpo runs export run-1 --format csv --out run-1.csv
                  smpo runs export run-1 --format mlflow --out mlruns
                  smpo runs export run-1 --format tensorboard --out logs
                  smpo runs export run-1 --format ro-crate --out run-1-crate \\
                      --license https://spdx.org/licenses/CC-BY-4.0

                \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
                """)

        /// The forms; the last three are folders.
        enum Format: String, ExpressibleByArgument, CaseIterable {
            case jsonl, csv, mlflow, tensorboard
            case researchObject = "ro-crate"
            var isFolder: Bool { self != .jsonl && self != .csv }
        }

        @Argument(help: "Name of the run.")
        var name: String

        @Option(help: "Form to write.")
        var format = Format.jsonl

        @Option(help: "File or folder to write (default for jsonl and csv: standard output).")
        var out: String?

        @Option(help: "License of a crate: a URL or a text.")
        var license = "not stated"

        func validate() throws {
            if format.isFolder && out == nil { throw ValidationError("--format \(format.rawValue) needs --out FOLDER") }
        }

        func run() throws {
            guard let ledger = try Workspace().existingLedger() else {
                throw LedgerError.unknownRun(name: name, known: [])
            }
            if let out { try OutputFile("--out", out).requireOutsideEvidence(Workspace()) }
            if format.isFolder, let out { return try write(try ExportedRun(name, in: ledger), ledger, to: out) }
            if let out { try OutputFile("--out", out).require(sparing: [], Workspace()) }
            // Whole before a line is shown: the fault may be in the last step.
            try ledger.verify(name)
            if let out {
                try AtomicFile.write(to: out) { file in
                    try lines(ledger) { try file.append($0 + "\n") }
                }
            } else {
                try lines(ledger) { print($0) }
            }
        }

        private func lines(_ ledger: LedgerStore, _ write: (String) throws -> Void) throws {
            if format == .csv { try write(FigureTable.head) }
            try ledger.verify(name) { step in
                try write(format == .csv ? FigureTable.row(step) : step.json.canonical)
            }
        }

        private func write(_ run: ExportedRun, _ ledger: LedgerStore, to folder: String) throws {
            let root = URL(fileURLWithPath: folder).standardizedFileURL.path
            var files: [(path: String, bytes: [UInt8])]
            switch format {
            case .mlflow:
                let store = MLflowFolder(run, root: root)
                files = store.files.map { ($0.path, Array($0.text.utf8)) }
            case .tensorboard:
                let events = TensorBoardEvents(run)
                files = [("\(name)/\(events.fileName)", events.bytes)]
            default:
                let contents = try crateFiles(run, ledger)
                let metadata = ResearchObject(run, files: contents, license: license).metadata.pretty
                files = contents.map { ($0.path, $0.bytes) } + [("ro-crate-metadata.json", Array(metadata.utf8))]
            }
            for (path, bytes) in files {
                try FileContents.makeFolder(URL(fileURLWithPath: "\(root)/\(path)").deletingLastPathComponent().path)
                try AtomicFile.write(bytes, to: "\(root)/\(path)")
            }
            print("\(folder): \(files.count) files of \(name) written")
        }

        private func crateFiles(_ run: ExportedRun, _ ledger: LedgerStore) throws -> [ResearchObject.File] {
            var (log, table) = ("", FigureTable.head + "\n")
            try ledger.verify(name) { step in
                log += step.json.canonical + "\n"
                table += FigureTable.row(step) + "\n"
            }
            return [
                (
                    "manifest.json", "The manifest: inputs, circumstances, outcome", "application/json",
                    Array(run.manifest.json.pretty.utf8)
                ),
                (
                    "log.jsonl", "The record of every step, with its digest and the chain's head", "application/jsonl",
                    Array(log.utf8)
                ),
                (
                    "figures.csv", "Loss, gradient norm, learning rate, margin of every step", "text/csv",
                    Array(table.utf8)
                ),
            ]
        }
    }
}
