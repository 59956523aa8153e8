import Core
import Foundation
import Testing

/// What the page on formats says of digests and numbers, held against the code.
@Suite struct FormatPageTableTests {
    private static func page() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        return String(decoding: try FileContents.read(root + "/Sources/Ledger/FORMAT.md"), as: UTF8.self)
    }

    @Test func itListsEveryDomain() throws {
        let listed = try FormatPageTableTests.page().matches(of: /\n\| `(smpo\/[a-z-]+\/[0-9]+)` \|/).map { "\($0.1)" }
        #expect(listed == DigestDomain.allCases.map(\.rawValue))
    }

    @Test func itsNumbersHaveTheirForms() throws {
        let examples = try FormatPageTableTests.page().matches(of: /`(-?[0-9][0-9.e-]*)` → `([0-9.e+-]+)`/)
        #expect(examples.count == 6)
        for example in examples {
            #expect(try JSONValue.parse("\(example.1)", file: "page").canonical == example.2)
        }
    }
}
