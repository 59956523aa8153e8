import Core
import Foundation
import Ledger

/// The files of an acceptance on their way into the workspace: all of them arrive, or none.
///
/// They are written whole into the folder `.smpo/accepting/`; then its `journal.json` says where each belongs. Once
/// that file is on the disk the acceptance has happened: the files are copied to their places, and if the program is
/// killed or the power is cut meanwhile, whoever reads golden runs next copies them again. Without that file nothing
/// has happened, and the folder counts for nothing.
package final class AcceptanceJournal {
    private let workspace: Workspace
    private let run: String
    private let lock: FileLock
    private var moves: [(from: String, to: String)] = []
    private var removals: [String] = []
    /// Whether the folder's files are those of an acceptance that has not happened.
    private var isPending = false

    private static let goldenName = "golden"

    /// The files that an acceptance of a run may write or remove, as paths in the workspace: a journal that names
    /// others is none.
    private static func targets(of run: String) -> Set<String> {
        let names = ["history.jsonl", "log.jsonl", "manifest.json", "names.json", GoldenPolicy.fileName, "tensors.bin"]
        let workspace = Workspace()
        return Set(
            names.map { "\(workspace.golden(run))/\($0)" }
                + [workspace.manifest(run), workspace.attestations(run), workspace.goldenList])
    }

    /// Begins an acceptance of `run`, after one that was cut off is finished; waits for one in another process. The
    /// rest of one that came to nothing is removed. - Throws: `FileError`, `Damaged`.
    package init(_ run: String, in workspace: Workspace) throws {
        self.workspace = workspace
        self.run = run
        lock = try AcceptanceJournal.lock(workspace)
        try AcceptanceJournal.carryOut(workspace)
        try AcceptanceJournal.clear(workspace)
        try FileContents.makeFolder(workspace.accepting)
        try AtomicFile.synchronizeFolder(workspace.acceptingParent)
        isPending = true
    }

    deinit {
        // An acceptance that threw on the way has not happened.
        if isPending { try? AcceptanceJournal.clear(workspace) }
    }

    /// A journal that is none of ours, or whose files are not there.
    package struct Damaged: Error, Equatable, CustomStringConvertible {
        /// The journal's file, and what is wrong with it.
        package let file: String, problem: String
        /// The message.
        package var description: String {
            "\(file): \(problem); an acceptance was cut off and cannot be finished: look at Golden/ and Manifests/ "
                + "(git status), then remove \(AtomicFile.folder(of: file))"
        }
    }

    /// The place at which to write the future file `path` of the workspace, whole and flushed, before `commit()`.
    package func place(for path: String) -> String {
        let name = "\(moves.count)-\(path.split(separator: "/").last ?? "")"
        moves.append((name, inWorkspace(path)))
        return "\(workspace.accepting)/\(name)"
    }

    /// A folder to write golden files into, whose names are kept, for the golden folder of the run.
    package func goldenFolder() -> String { "\(workspace.accepting)/\(AcceptanceJournal.goldenName)" }

    /// Takes the files that stand in `goldenFolder()` for those of the run's golden folder; of `names`, those that do
    /// not stand there are removed from it. - Throws: `FileError`.
    package func takeGoldenFolder(_ names: [String]) throws {
        for name in names {
            let target = inWorkspace("\(workspace.golden(run))/\(name)")
            if FileContents.exists("\(goldenFolder())/\(name)") {
                moves.append(("\(AcceptanceJournal.goldenName)/\(name)", target))
            } else {
                removals.append(target)
            }
        }
    }

    /// Removes the file `path` of the workspace, if it is there, with the acceptance.
    package func remove(_ path: String) { removals.append(inWorkspace(path)) }

    /// Makes the acceptance happen, and puts its files into their places. - Throws: `FileError`; once the journal is
    /// written, what is left to do is done by the next reader.
    package func commit() throws {
        let json: JSONValue = [
            "format": 1, "run": .string(run),
            "files": .array(moves.map { ["from": .string($0.from), "to": .string($0.to)] }),
            "removed": .array(removals.map { .string($0) }),
        ]
        try AtomicFile.write(json.pretty, to: workspace.acceptanceJournal)
        isPending = false
        try AcceptanceJournal.carryOut(workspace)
    }

    /// Finishes an acceptance that was cut off after it had happened; does nothing where there is none.
    /// - Throws: `FileError`, `Damaged`.
    package static func finish(in workspace: Workspace) throws {
        guard FileContents.exists(workspace.acceptanceJournal) else { return }
        let lock = try AcceptanceJournal.lock(workspace)
        try withExtendedLifetime(lock) { try carryOut(workspace) }
    }

    // MARK: Steps

    private static func carryOut(_ workspace: Workspace) throws {
        let path = workspace.acceptanceJournal
        // Another process may have done it while the lock was waited for.
        guard FileContents.exists(path) else { return }
        let (moves, removals) = try read(path)
        func place(_ target: String) -> String { workspace.root == "." ? target : "\(workspace.root)/\(target)" }
        for (from, to) in moves where !FileContents.exists("\(workspace.accepting)/\(from)") {
            throw Damaged(file: path, problem: "\(from), which is to become \(to), is not there")
        }
        for (from, to) in moves {
            let folder = AtomicFile.folder(of: place(to))
            if !FileContents.exists(folder) {
                try FileContents.makeFolder(folder)
                try AtomicFile.synchronizeFolder(AtomicFile.folder(of: folder))
            }
            try removeRests(of: place(to))
            try AtomicFile.write(to: place(to)) { file in
                try FileContents.forEachBlock(of: "\(workspace.accepting)/\(from)") { try file.append($0) }
            }
        }
        for target in removals where FileContents.exists(place(target)) {
            try FileContents.remove([place(target)])
            try AtomicFile.synchronizeFolder(AtomicFile.folder(of: place(target)))
        }
        try clear(workspace)
    }

    /// Files that a cut left half-written beside the target.
    private static func removeRests(of path: String) throws {
        let (folder, name) = (AtomicFile.folder(of: path), String(path.split(separator: "/").last ?? ""))
        let rests = try FileContents.names(in: folder).filter { $0.hasPrefix("\(name).tmp-") }
        try FileContents.remove(rests.map { "\(folder)/\($0)" })
    }

    /// Removes the folder, its journal first.
    private static func clear(_ workspace: Workspace) throws {
        guard FileContents.exists(workspace.accepting) else { return }
        try FileContents.remove([workspace.acceptanceJournal])
        try AtomicFile.synchronizeFolder(workspace.accepting)
        for folder in ["\(workspace.accepting)/\(goldenName)", workspace.accepting] where FileContents.exists(folder) {
            try FileContents.remove(try FileContents.names(in: folder).map { "\(folder)/\($0)" })
            try AtomicFile.synchronizeFolder(folder)
            guard rmdir(folder) == 0 else { throw FileError(operation: "remove", path: folder, code: errno) }
        }
    }

    private static func read(_ path: String) throws -> (moves: [(from: String, to: String)], removals: [String]) {
        func damaged(_ problem: String) -> Damaged { Damaged(file: path, problem: problem) }
        do {
            let cursor = JSONCursor(try JSONValue.read(path), name: "journal", file: path)
            try cursor.requireOnly(["files", "format", "removed", "run"])
            guard try cursor["format"].int() == 1 else { throw damaged("it is of another version") }
            let run = try cursor["run"].string()
            guard RunName.isValid(run) else { throw damaged("\"\(run)\" is no name of a run") }
            let allowed = targets(of: run)
            let moves = try cursor["files"].elements().map { try (from: $0["from"].string(), to: $0["to"].string()) }
            let removals = try cursor["removed"].elements().map { try $0.string() }
            for target in moves.map(\.to) + removals where !allowed.contains(target) {
                throw damaged("\(target) is no file of the golden run \(run)")
            }
            for (from, _) in moves where from.split(separator: "/").contains("..") || from.hasPrefix("/") {
                throw damaged("\(from) is not in its folder")
            }
            return (moves, removals)
        } catch let error where error is JSONShapeError || error is JSONSyntaxError {
            throw damaged("\(error)")
        }
    }

    /// The right to change golden runs; waits for another process that has it. - Throws: `FileError`.
    private static func lock(_ workspace: Workspace) throws -> FileLock {
        try FileContents.makeFolder(workspace.acceptingParent)
        return try FileLock(workspace.accepting + ".lock")
    }

    private func inWorkspace(_ path: String) -> String {
        workspace.root == "." ? path : String(path.dropFirst(workspace.root.count + 1))
    }
}

extension Workspace {
    /// The folder of an acceptance that is on its way.
    var accepting: String { "\(acceptingParent)/accepting" }
    /// The folder above it.
    var acceptingParent: String { root == "." ? ".smpo" : "\(root)/.smpo" }
    /// The journal's file: once it is written, the acceptance has happened.
    var acceptanceJournal: String { "\(accepting)/journal.json" }
}
