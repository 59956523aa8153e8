import ArgumentParser
import Audit
import Core
import Foundation
import Ledger

/// A file that a command was told to write.
struct OutputFile {
    /// The option that names it, for errors.
    let option: String
    /// Its path.
    let path: String

    init(_ option: String, _ path: String) { (self.option, self.path) = (option, path) }

    /// Refuses to write over what the command reads, and over evidence: a file among `inputs`, by whatever name, one in a
    /// folder among them, the ledger, its objects, golden runs and manifests. To be asked before the work.
    /// - Throws: `ValidationError`.
    func require(sparing inputs: [String?], _ workspace: Workspace) throws {
        let own = OutputTarget.identity(path)
        for input in inputs.compactMap(\.self) {
            if let own, let other = OutputTarget.identity(input), own == other {
                throw ValidationError("\(option) \(path): this is \(input) itself, which the command reads")
            }
            // A new file beside what is read destroys nothing.
            if own != nil, FileContents.isFolder(input), isInside(input) {
                throw ValidationError(
                    "\(option) \(path): is in \(input), which the command reads; expected a file elsewhere")
            }
        }
        let ledger = ["", "-wal", "-shm", ".lock"].map { workspace.ledger + $0 }
            .first { OutputTarget.identity($0).map { there in own.map { $0 == there } ?? false } ?? false }
        if let ledger { throw evidence(ledger) }
        try requireOutsideEvidence(workspace)
    }

    /// Refuses a file or folder, there already or not, in a place of evidence: golden runs, manifests, objects, reviews, and
    /// the models that runs have handed over, of which manifests state every file. - Throws: `ValidationError`.
    func requireOutsideEvidence(_ workspace: Workspace) throws {
        let folders = [workspace.objects.folder, workspace.golden, workspace.manifests, workspace.reviews]
        if let folder = folders.first(where: isInside) { throw evidence(folder) }
        // Pictures and pages may lie beside a run's model; all else there is the model.
        let runs = workspace.model("")
        if isInside(runs), !TrainedFolder.isForPeople(URL(fileURLWithPath: path).lastPathComponent) {
            throw evidence(runs)
        }
    }

    private func evidence(_ place: String) -> ValidationError {
        ValidationError("\(option) \(path): would write over evidence in \(place); expected a file elsewhere")
    }

    private func isInside(_ folder: String) -> Bool {
        guard let end = OutputFile.end(path), let root = OutputFile.real(folder) else { return false }
        return end == root || end.hasPrefix(root == "/" ? root : root + "/")
    }

    /// A path without links, of which the last parts may not be there yet.
    private static func end(_ path: String) -> String? {
        var (head, tail) = (URL(fileURLWithPath: path).standardizedFileURL, "")
        while true {
            if let real = real(head.path) { return (real == "/" ? "" : real) + tail }
            // A link to what is not there: where it leads is where the file will be.
            if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: head.path) {
                let next = URL(fileURLWithPath: target, relativeTo: head.deletingLastPathComponent())
                return next.standardizedFileURL.path == head.path ? nil : end(next.standardizedFileURL.path + tail)
            }
            guard head.path != "/" else { return nil }
            (head, tail) = (head.deletingLastPathComponent(), "/" + head.lastPathComponent + tail)
        }
    }

    /// A path without links; nil where nothing is.
    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
