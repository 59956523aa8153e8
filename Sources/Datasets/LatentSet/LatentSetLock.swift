import Core
import Foundation

/// The right to make the latent set in a folder, which one process has at a time: others wait, and find it made. The bytes would
/// be the same without it; what it saves is the work.
package final class LatentSetLock {
    /// The name of the file inside the folder, which is there while a set is made.
    static let name = ".making"

    private let lock: FileLock?

    /// Takes the right; the folder is made where it is missing. While another process has it, `waiting` is called again and
    /// again, and may throw to give up. - Throws: `FileError`, and what `waiting` throws.
    package init(_ folder: String, waiting: () throws -> Void) throws {
        try FileContents.makeFolder(folder)
        do {
            lock = try FileLock(passing: "\(folder)/\(LatentSetLock.name)", waiting: waiting)
        } catch let error as FileError {
            // Some file systems of networks have no locks.
            guard error.operation == "lock", [ENOLCK, EOPNOTSUPP, ENOSYS].contains(error.code) else {
                throw FileError(operation: "make a latent set there", path: folder, code: error.code)
            }
            lock = nil
        }
    }
}
