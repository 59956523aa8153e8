import Core
import Foundation

/// Writing a file that is never replaced, on file systems that several machines share.
enum WriteOnce {
    enum Outcome: Equatable {
        case written
        /// There is one that says the same.
        case there
        /// There is one that says something else; what was to be written lies in this file.
        case disagrees(String)
    }

    /// How the name of a file begins that holds what does not agree with the one that was first.
    static let disagreement = "disagreement-"

    /// Writes `bytes` to `path` unless there is a file: to a temporary one first, flushed, then linked to its name, which fails
    /// where another machine was first. - Throws: `FileError`.
    static func write(_ bytes: [UInt8], to path: String, isSame: ([UInt8]) -> Bool) throws -> Outcome {
        let (folder, name) = (AtomicFile.folder(of: path), URL(fileURLWithPath: path).lastPathComponent)
        let own = "\(ThisHost.name)-\(getpid())"
        let temporary = "\(folder)/.\(name).\(own)"
        try AtomicFile.write(bytes, to: temporary)
        defer { unlink(temporary) }
        if link(temporary, path) == 0 {
            try AtomicFile.synchronizeFolder(folder)
            return .written
        }
        let code = errno
        guard code == EEXIST else { throw FileError(operation: "link", path: path, code: code) }
        if isSame(try FileContents.read(path)) { return .there }
        let other = "\(folder)/\(disagreement)\(own).json"
        try AtomicFile.write(bytes, to: other)
        return .disagrees(other)
    }
}
