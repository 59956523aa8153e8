import Core
import Foundation
import Ledger

/// The evidence of one run in a folder that never changes, to be read elsewhere: laid out as a workspace, with the ledger as one
/// file without a log.
///
/// It holds manifest, signatures, golden log, the ledger with this run alone, the objects that it names, and of a run on
/// pictures the latents and scores that lie in the workspace. Model and data stay where the recipe says; the manifest has
/// their digests.
package enum EvidencePack {
    /// A folder or file is in the place where evidence was to be written.
    package struct Occupied: Error, CustomStringConvertible {
        /// The place.
        package let path: String
        /// The message.
        package var description: String {
            "\(path) is there: expected no such file or folder, for evidence is written once; choose another or remove it"
        }
    }

    /// Writes the evidence of `run` into `folder`, which must not be there: all of it or nothing. Objects are hard links where
    /// the file system allows, else copies that are read again.
    /// - Throws: `Occupied`; `FileError`, `LedgerError`, `TamperError`.
    package static func write(_ run: Run, to folder: String) throws {
        var folder = folder
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        guard !FileContents.exists(folder), !FileContents.isLink(folder) else { throw Occupied(path: folder) }
        let draft = "\(folder).tmp-\(getpid())"
        // Of a process of the same number that was killed.
        try? FileManager.default.removeItem(atPath: draft)
        try FileContents.makeFolder(draft)
        do {
            try fill(Workspace(root: draft), with: run)
            try AtomicFile.synchronizeFolder(draft)
            guard rename(draft, folder) == 0 else {
                throw FileError(operation: "make the folder", path: folder, code: errno)
            }
            try AtomicFile.synchronizeFolder(AtomicFile.folder(of: folder))
        } catch {
            try? FileManager.default.removeItem(atPath: draft)
            throw error
        }
    }

    private static func fill(_ target: Workspace, with run: Run) throws {
        let (source, name) = (run.workspace, run.name)
        for (from, to) in [
            (source.manifest(name), target.manifest(name)), (source.attestations(name), target.attestations(name)),
        ] where FileContents.exists(from) {
            try FileContents.makeFolder(target.manifests)
            try AtomicFile.write(FileContents.read(from), to: to)
        }
        if run.golden != nil { try take(source.golden(name), to: target.golden(name)) }
        if let store = run.store {
            try FileContents.makeFolder(AtomicFile.folder(of: target.ledger))
            try store.pack(name, to: target.ledger)
            for object in try objects(of: run, store) {
                if try link(source.objects.path(of: object), to: target.objects.path(of: object)) { continue }
                try target.objects.verify(object)
            }
        }
        let sets = [
            (folder: try run.latentSet(below: source.latents), source: source.latents, target: target.latents),
            (
                folder: run.manifest.inputs.digests["scores"] == nil ? nil : try run.data.get().rewardScores?.folder,
                source: source.scores, target: target.scores
            ),
        ]
        for set in sets {
            // What a recipe gives a folder of its own stays there, as the data does.
            guard let folder = set.folder, folder.hasPrefix(set.source + "/"), FileContents.isFolder(folder) else {
                continue
            }
            try take(folder, to: set.target + folder.dropFirst(set.source.count))
        }
    }

    private static func objects(of run: Run, _ store: LedgerStore) throws -> Set<Digest> {
        var objects = Set(try store.checkpoints(of: run.name).map(\.object))
        for step in run.ledger ?? [] {
            objects.formUnion(try store.storedTensors(of: run.name, step: step.record.step).map(\.object))
        }
        return objects
    }

    /// Takes over the files of a folder; those of writers that are not done, and locks, are left out.
    private static func take(_ folder: String, to target: String) throws {
        for file in try FolderListing(folder).files where !file.contains(".tmp-") && !file.hasSuffix(".lock") {
            _ = try link("\(folder)/\(file)", to: "\(target)/\(file)")
        }
    }

    /// Gives whether the file is the same one; else it is a copy.
    private static func link(_ path: String, to target: String) throws -> Bool {
        try FileContents.makeFolder(AtomicFile.folder(of: target))
        if Foundation.link(path, target) == 0 { return true }
        try AtomicFile.write(to: target) { writer in try FileContents.forEachBlock(of: path) { try writer.append($0) } }
        return false
    }
}
