import Core
import Foundation
import Ledger

/// The evidence of one run in a temporary folder, to be changed there: manifest, golden log, and the ledger with this
/// run alone. Stored values, checkpoints and tensors' digests are links to the originals, which nothing writes through.
///
/// Signatures are left out: whoever changes evidence takes them away. The folder goes with this object.
package final class EvidenceCopy {
    /// The folder as a place where runs live.
    package let workspace: Workspace
    /// The run.
    package let run: String
    /// The copy of the run's latent set, where one was made.
    private(set) var latents: String?

    /// Copies what there is of a run. - Throws: `FileError`, `LedgerError`, or what copying a file throws.
    package init(_ original: Run) throws {
        run = original.name
        workspace = try EvidenceCopy.folder()
        do {
            try copyDocuments(original.workspace)
            if let store = original.store { try copyLedger(store, original.workspace) }
            try copyModel(original.workspace)
        } catch {
            remove()
            throw error
        }
    }

    /// A copy of a copy.
    package init(_ other: EvidenceCopy) throws {
        run = other.run
        workspace = try EvidenceCopy.folder()
        do {
            for entry in try FileManager.default.contentsOfDirectory(atPath: other.workspace.root) {
                try FileManager.default.copyItem(
                    atPath: "\(other.workspace.root)/\(entry)", toPath: "\(workspace.root)/\(entry)")
            }
        } catch {
            remove()
            throw error
        }
    }

    deinit { remove() }

    private static func folder() throws -> Workspace {
        let path = FileManager.default.temporaryDirectory.appending(path: "smpo-self-test-\(UUID().uuidString)").path
        try FileContents.makeFolder(path)
        return Workspace(root: path)
    }

    private func remove() { try? FileManager.default.removeItem(atPath: workspace.root) }

    private func copyDocuments(_ original: Workspace) throws {
        try FileContents.makeFolder(workspace.manifests)
        try copy(original.manifest(run), to: workspace.manifest(run))
        guard GoldenLog.exists(folder: original.golden(run)) else { return }
        try FileContents.makeFolder(workspace.golden(run))
        for name in ["manifest.json", "log.jsonl", "history.jsonl"] {
            try copy("\(original.golden(run))/\(name)", to: "\(workspace.golden(run))/\(name)")
        }
        for name in ["names.json", "tensors.bin"] {
            try link("\(original.golden(run))/\(name)", to: "\(workspace.golden(run))/\(name)")
        }
    }

    private func copyLedger(_ store: LedgerStore, _ original: Workspace) throws {
        try FileContents.makeFolder("\(workspace.root)/.smpo")
        try store.copy(to: workspace.ledger, keeping: run)
        for object in try store.objects(of: run) {
            let path = workspace.objects.path(of: object)
            try FileContents.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            try link(original.objects.path(of: object), to: path)
        }
    }

    private func copyModel(_ original: Workspace) throws {
        let (from, to) = (original.model(run), workspace.model(run))
        guard FileContents.isFolder(from) else { return }
        for file in try FolderListing(from).files {
            try FileContents.makeFolder(URL(fileURLWithPath: "\(to)/\(file)").deletingLastPathComponent().path)
            try link("\(from)/\(file)", to: "\(to)/\(file)")
        }
    }

    /// Copies the latent set in `folder`, its files links to the originals; gives the folder of the copy.
    func copyLatents(_ folder: String) throws -> String {
        let copy = "\(workspace.latents)/set"
        try FileContents.makeFolder(copy)
        for name in try FileContents.names(in: folder) where !name.hasPrefix(".") {
            try link("\(folder)/\(name)", to: "\(copy)/\(name)")
        }
        latents = copy
        return copy
    }

    private func copy(_ path: String, to copy: String) throws {
        if FileContents.exists(path) { try AtomicFile.write(FileContents.read(path), to: copy) }
    }

    private func link(_ path: String, to link: String) throws {
        guard FileContents.exists(path) else { return }
        // An absolute target: the link stands in another folder.
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: URL(fileURLWithPath: path).path)
    }
}
