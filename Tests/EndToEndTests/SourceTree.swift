import Core
import Foundation

/// The repository that the tests were built from.
enum SourceTree {
    /// Its folder.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// A file of it.
    static func text(_ path: String) throws -> String {
        String(decoding: try FileContents.read("\(root)/\(path)"), as: UTF8.self)
    }
}
