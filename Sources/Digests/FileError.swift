import Foundation

/// An operation on a file or folder that the system refused.
public struct FileError: Error, Equatable, CustomStringConvertible {
    /// What was tried, as a verb: "open", "write", "rename" ….
    public let operation: String
    /// The path it was tried on.
    public let path: String
    /// The system's error number.
    public let code: Int32

    /// An error with a given number.
    public init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// An error with the number of the last failed call of this thread.
    static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: errno)
    }

    /// Whether the volume, quota or size limit was reached.
    public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    /// The path, what was tried and the system's own words.
    public var description: String { "\(path): cannot \(operation): \(String(cString: strerror(code)))" }
}
