import ArgumentParser
import Digests
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
        guard let own = OutputTarget.identity(path) else { return }
        for input in inputs.compactMap(\.self) {
            if let other = OutputTarget.identity(input), own == other {
                throw ValidationError("\(option) \(path): this is \(input) itself, which the command reads")
            }
            if FileContents.isFolder(input), isInside(input) {
                throw ValidationError(
                    "\(option) \(path): is in \(input), which the command reads; expected a file elsewhere")
            }
        }
        let kept = [workspace.objects.folder, workspace.golden, workspace.manifests].first(where: isInside)
        let ledger = ["", "-wal", "-shm", ".lock"].map { workspace.ledger + $0 }
            .first { OutputTarget.identity($0).map { $0 == own } ?? false }
        if let evidence = ledger ?? kept {
            throw ValidationError(
                "\(option) \(path): would write over evidence in \(evidence); expected a file elsewhere")
        }
    }

    private func isInside(_ folder: String) -> Bool {
        guard let end = OutputFile.real(path), let root = OutputFile.real(folder) else { return false }
        return end.hasPrefix(root == "/" ? root : root + "/")
    }

    /// A path without links; nil where nothing is.
    private static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
