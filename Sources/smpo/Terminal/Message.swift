import Foundation

/// Lines for people, on stderr.
enum Message {
    static func note(_ text: String) { FileHandle.standardError.write(Data("smpo: \(text)\n".utf8)) }
}
