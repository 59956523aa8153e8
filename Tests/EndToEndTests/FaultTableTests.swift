import Core
import Foundation
import Testing

/// `Tests/FAULTS.md` names tests that are there.
@Suite struct FaultTableTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// The names in the last column of the table's rows: `Suite` or `Suite.function`.
    private static func named() throws -> [String] {
        let text = String(decoding: try FileContents.read(tests.path + "/FAULTS.md"), as: UTF8.self)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.contains("| test |") }
        return rows.flatMap { row in
            let cell = row.dropLast().split(separator: "|").last ?? ""
            return cell.matches(of: /`(\w+(?:\.\w+)?)`/).map { String($0.output.1) }
        }
    }

    /// The functions of every suite.
    private static func known() throws -> [String: Set<String>] {
        var known: [String: Set<String>] = [:]
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
            let text = String(decoding: try FileContents.read(file.path), as: UTF8.self)
            let functions = Set(text.matches(of: /func (\w+)\(/).map { String($0.output.1) })
            for suite in text.matches(of: /struct (\w+Tests)\b/) {
                known[String(suite.output.1), default: []].formUnion(functions)
            }
            for suite in text.matches(of: /extension (\w+Tests)\b/) {
                known[String(suite.output.1), default: []].formUnion(functions)
            }
        }
        return known
    }

    @Test func everyTestThatIsNamedIsThere() throws {
        let (named, known) = (try Self.named(), try Self.known())
        #expect(named.count > 100)
        for name in named {
            let parts = name.split(separator: ".").map(String.init)
            let functions = try #require(known[parts[0]], "\(name)")
            #expect(parts.count == 1 || functions.contains(parts[1]), "\(name)")
        }
    }
}
