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
        try takeDocuments(of: name, from: source, to: target)
        if run.golden != nil { try take(source.golden(name), to: target.golden(name)) }
        if let store = run.store {
            try FileContents.makeFolder(AtomicFile.folder(of: target.ledger))
            try store.pack(name, to: target.ledger)
            for object in try store.objects(of: name) {
                if try link(source.objects.path(of: object), to: target.objects.path(of: object)) { continue }
                try target.objects.verify(object)
            }
        }
        try takeSets(of: run, from: source, to: target)
    }

    /// Manifest and signatures, where there are some and the target has none.
    private static func takeDocuments(of run: String, from source: Workspace, to target: Workspace) throws {
        for (from, to) in [
            (source.manifest(run), target.manifest(run)), (source.attestations(run), target.attestations(run)),
        ] where FileContents.exists(from) && !FileContents.exists(to) {
            try FileContents.makeFolder(target.manifests)
            try AtomicFile.write(FileContents.read(from), to: to)
        }
    }

    /// Latents and scores that lie in a workspace; what a recipe gives a folder of its own stays there, as the data does.
    private static func takeSets(of run: Run, from source: Workspace, to target: Workspace) throws {
        let sets = [
            (folder: try run.latentSet(below: source.latents), source: source.latents, target: target.latents),
            (
                folder: run.manifest.inputs.digests["scores"] == nil ? nil : try run.data.get().rewardScores?.folder,
                source: source.scores, target: target.scores
            ),
        ]
        for set in sets {
            guard let folder = set.folder, folder.hasPrefix(set.source + "/"), FileContents.isFolder(folder) else {
                continue
            }
            let place = set.target + folder.dropFirst(set.source.count)
            // A folder of this name has these bytes: it is named by a digest.
            if !FileContents.isFolder(place) { try take(folder, to: place) }
        }
    }

    /// What became of a pack that was taken into a workspace.
    package enum Taken: Sendable, Equatable {
        /// The run, with so many steps.
        case new(run: String, steps: Int)
        /// The run was there already, the same in all.
        case there(run: String)
    }

    /// A folder that cannot be taken into a workspace.
    package struct NotTaken: Error, CustomStringConvertible {
        /// The folder, and the reason.
        package let folder: String, reason: String
        /// The message.
        package var description: String { "\(folder): \(reason)" }
    }

    /// Takes the run of packed evidence into a workspace: its objects, its rows in the ledger, manifest and signatures, latents and
    /// scores. The evidence is verified first, and the ledger's run after it; a golden log is left to `golden accept`.
    /// - Throws: `NotTaken` where another run has its name, or the folder has not one run; `TamperError`, `LedgerError`, `FileError`.
    package static func unpack(_ folder: String, into workspace: Workspace) throws -> Taken {
        let packed = Workspace(root: folder)
        guard let source = try packed.existingLedger() else {
            throw NotTaken(
                folder: folder, reason: "expected evidence with a ledger, as smpo runs pack writes it, found none")
        }
        let names = try source.runs().map(\.name)
        guard let name = names.first, names.count == 1 else {
            throw NotTaken(folder: folder, reason: "expected a ledger with one run, found \(names.count)")
        }
        let run = try Run(name, in: packed)
        if FileContents.exists(workspace.manifest(name)) {
            let own = try Manifest.read(workspace.manifest(name))
            guard own.inputs == run.manifest.inputs, own.outcome == run.manifest.outcome else {
                throw NotTaken(
                    folder: folder, reason: "\(workspace.manifest(name)) is that of another run named \(name)")
            }
        }
        let store = try workspace.openLedger()
        let isThere = try store.runs().contains { $0.name == name }
        if isThere {
            guard try store.verify(name) == source.verify(name) else {
                throw NotTaken(folder: folder, reason: "\(workspace.ledger) has another run named \(name)")
            }
        }
        for object in try source.objects(of: name) {
            let place = workspace.objects.path(of: object)
            if !FileContents.exists(place) { _ = try link(packed.objects.path(of: object), to: place) }
            try workspace.objects.verify(object)
        }
        if !isThere { try store.take(name, from: source) }
        let steps = try store.verify(name, objects: workspace.objects).chain.count
        try takeDocuments(of: name, from: packed, to: workspace)
        try takeSets(of: run, from: packed, to: workspace)
        return isThere ? .there(run: name) : .new(run: name, steps: steps)
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
