import Core

/// The folder of runs and their documents, relative to the folder in which the program is started.
package struct Workspace: Sendable {
    /// The folder.
    package let root: String

    /// A workspace in `root`.
    package init(root: String = ".") { self.root = root }

    private func path(_ name: String) -> String { root == "." ? name : "\(root)/\(name)" }

    /// The ledger's file.
    package var ledger: String { path(".smpo/ledger.sqlite") }
    /// The objects that the ledger names.
    package var objects: ObjectStore { ObjectStore(folder: path(".smpo/objects")) }
    /// The folder of manifests.
    package var manifests: String { path("Manifests") }
    /// The folder of golden logs.
    package var golden: String { path("Golden") }

    /// The manifest of a run.
    package func manifest(_ run: String) -> String { "\(manifests)/\(run).json" }
    /// The signed statements on a run.
    package func attestations(_ run: String) -> String { "\(manifests)/\(run).intoto.jsonl" }
    /// The golden folder of a run.
    package func golden(_ run: String) -> String { "\(golden)/\(run)" }
    /// The model that a run ended with, in diffusers' layout.
    package func model(_ run: String) -> String { path(".smpo/runs/\(run)") }

    /// The latent sets that recipes give no folder.
    package var latents: String { path(".smpo/latents") }

    /// The scores of reward models that recipes name.
    package var scores: String { path(".smpo/scores") }

    /// Pictures drawn for evaluations, and their scores.
    package var pictures: String { path(".smpo/pictures") }

    /// Digests of the pictures of tables, which are made once.
    package var tables: String { path(".smpo/tables") }

    /// Folders of tasks that run elsewhere.
    package var jobs: String { path(".smpo/jobs") }

    /// The replacements of golden runs that were reviewed.
    package var reviews: String { path(".smpo/review") }

    /// The ledger, made if it is missing.
    package func openLedger(readOnly: Bool = false) throws -> LedgerStore {
        if !readOnly { try FileContents.makeFolder(path(".smpo")) }
        return try LedgerStore(path: ledger, readOnly: readOnly)
    }

    /// The ledger if there is one, for reading.
    package func existingLedger() throws -> LedgerStore? {
        FileContents.exists(ledger) ? try LedgerStore(path: ledger, readOnly: true) : nil
    }
}
