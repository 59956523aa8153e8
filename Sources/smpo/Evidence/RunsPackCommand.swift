import ArgumentParser
import Audit
import Core
import Ledger

extension RunsCommand {
    /// `smpo runs pack`
    struct Pack: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the evidence of a run into a folder that never changes, to be audited elsewhere.",
            discussion: """
                The folder holds the manifest, signatures, golden log, a ledger of
                this run alone in one file without a log, the objects that it
                names, and latents and scores that were made of pictures here. It
                can be read on any file system, also where nothing can be written:
                smpo audit RUN --evidence FOLDER. Model and data are not in it: the
                recipe's paths are those of the folder in which the audit is
                started, and the manifest has their digests. Nor is the trained
                model.

                The run is verified first; the folder must not be there.

                EXAMPLES
                  smpo runs pack run-1 packed/run-1
                  smpo audit run-1 --evidence packed/run-1 --segment 31..40

                \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
                """)

        @Argument(help: "Name of the run.")
        var name: String

        @Argument(help: "The folder to make.")
        var folder: String

        func run() throws {
            try EvidencePack.write(try Run(name, in: Workspace()), to: folder)
            print("\(folder) written: smpo audit \(name) --evidence \(folder)")
        }
    }
}
