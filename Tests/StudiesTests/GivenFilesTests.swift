import Core
import Foundation
import Testing

@testable import Studies

/// What stands for given pairs.
@Suite struct GivenFilesTests {
    /// A file of a folder in the folder counts as one beside the list does; links are followed; hidden files are none.
    @Test func everyFileCounts() throws {
        let folder = NSTemporaryDirectory() + "given-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            func write(_ text: String, _ name: String, at time: Double) throws {
                let path = "\(folder)/\(name)"
                try FileContents.makeFolder(AtomicFile.folder(of: path))
                try AtomicFile.write(text, to: path)
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: path)
            }
            try write("list", "set/pairs.jsonl", at: 100)
            try write("one", "set/images/1.png", at: 100)
            let set = "\(folder)/set"
            let first = try GivenFiles(set)
            #expect(try GivenFiles(set).digest == first.digest)
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: set)
            #expect(try GivenFiles("\(folder)/link").digest == first.digest)
            try write("two", "set/images/1.png", at: 200)
            let later = try GivenFiles(set)
            #expect(later.digest != first.digest && later.withoutTimes == first.withoutTimes)
            try write("three", "set/images/1.png", at: 200)
            #expect(try GivenFiles(set).withoutTimes != first.withoutTimes)
            let third = try GivenFiles(set)
            try write("x", "set/.cache", at: 300)
            #expect(try GivenFiles(set).digest == third.digest)
            try write("x", "set/images/2.png", at: 100)
            #expect(try GivenFiles(set).digest != third.digest)
            #expect(throws: FileError.self) { try GivenFiles("\(folder)/nowhere") }
        }
    }
}
