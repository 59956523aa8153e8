import Foundation

/// An operation on a file or folder that the system refused.
package struct FileError: Error, Equatable, CustomStringConvertible {
    /// What was tried, as a verb: "open", "write", "rename" ….
    package let operation: String
    /// The path it was tried on.
    package let path: String
    /// The system's error number.
    package let code: Int32

    /// An error with a given number.
    package init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// An error with the number of the last failed call of this thread.
    static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: errno)
    }

    /// Whether the volume, quota or size limit was reached.
    package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    /// What was tried and the system's own words.
    package var problem: String { "cannot \(operation): \(String(cString: strerror(code)))" }

    /// The path, what was tried and the system's own words.
    package var description: String { "\(path): \(problem)" }
}
