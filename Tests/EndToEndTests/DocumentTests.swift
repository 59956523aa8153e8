import Core
import Foundation
import Testing

/// Pages hold together: links lead somewhere, pages made from the program are as it is now, names of types are types.
@Suite struct DocumentTests {
    /// All pages, by their paths; fixtures are none.
    private static func pages() throws -> [String] {
        var pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        for folder in ["Documentation", "Sources", "Tests", "Golden"] {
            let paths = try #require(FileManager.default.enumerator(atPath: "\(SourceTree.root)/\(folder)"))
            for case let path as String in paths where path.hasSuffix(".md") && !path.contains("Fixtures/") {
                pages.append("\(folder)/\(path)")
            }
        }
        return pages
    }

    /// The lines of a page that are no code.
    private static func prose(_ text: String) -> [Substring] {
        var isCode = false
        return text.split(separator: "\n").filter { line in
            if line.hasPrefix("```") {
                isCode.toggle()
                return false
            }
            return !isCode
        }
    }

    /// What a link to a heading ends with.
    private static func anchors(_ text: String) -> Set<String> {
        let headings = prose(text).filter { $0.hasPrefix("#") }.map { $0.drop { $0 == "#" || $0 == " " } }
        return Set(
            headings.map { heading in
                heading.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                    .replacing(" ", with: "-")
            })
    }

    /// The links of a page that lead nowhere.
    private static func faults(_ text: String, at path: String) throws -> [String] {
        let folder = URL(fileURLWithPath: "\(SourceTree.root)/\(path)").deletingLastPathComponent()
        let prose = prose(text).joined(separator: "\n").replacing(/`[^`\n]*`/, with: "")
        return try prose.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) }.filter { link in
            if link.contains("://") { return false }
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let target =
                parts[0].isEmpty
                ? "\(SourceTree.root)/\(path)" : folder.appendingPathComponent(parts[0]).standardized.path
            guard FileManager.default.fileExists(atPath: target) else { return true }
            guard parts.count == 2 else { return false }
            return try !anchors(String(decoding: FileContents.read(target), as: UTF8.self)).contains(parts[1])
        }
    }

    @Test func everyLinkLeadsSomewhere() throws {
        let pages = try Self.pages()
        #expect(pages.count > 30)
        for page in pages {
            for link in try Self.faults(try SourceTree.text(page), at: page) { Issue.record("\(page): \(link)") }
        }
        #expect(
            try Self.faults("[a](b.md) [c](#d) `[e](f)` [g](README.md#limits)\n# D\n", at: "README.md") == [
                "b.md", "#d",
            ])
        #expect(try Self.faults("# One\n[a](#one) [b](#two) [c](LICENSE)\n", at: "README.md") == ["#one", "#two"])
    }

    @Test func readmeIsAFrontPage() throws {
        let size = try FileContents.read(SourceTree.root + "/README.md").count
        #expect(size <= 8192, "\(size) bytes: what is more belongs into Documentation/")
    }

    /// Every page can be reached from the site's menu and from the list of pages.
    @Test func everyPageIsListed() throws {
        let (menu, list) = (try SourceTree.text("Packaging/mkdocs.yml"), try SourceTree.text("Documentation/README.md"))
        for page in try Self.pages() where page.hasPrefix("Documentation/") && page != "Documentation/README.md" {
            #expect(menu.contains(page), "\(page)")
            #expect(list.contains("(\(page.dropFirst("Documentation/".count))"), "\(page)")
        }
    }

    /// The page of commands is made from the help texts: `make commands`.
    @Test func theCommandsAreThoseOfTheProgram() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [SourceTree.root + "/Packaging/commands.sh", Program.executable.path]
        process.environment = ProcessInfo.processInfo.environment.filter { $0.key != "COLUMNS" }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let made = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let page = try SourceTree.text("Documentation/reference/commands.md")
        let (found, expected) = (page.split(separator: "\n"), made.split(separator: "\n"))
        let first = zip(found, expected).first { $0 != $1 }
        #expect(page == made, "make commands; first: \(first.map { "\($0) | \($1)" } ?? "length")")
    }

    /// The names in the diagram of the types are types.
    @Test func theDiagramNamesTypes() throws {
        let diagram = try SourceTree.text("Documentation/explanation/types.dot")
        let names = Set(diagram.matches(of: /\b[A-Z][A-Za-z]+\b(?=[ ;\n])/).map { String($0.output) })
        #expect(names.count > 10)
        var types: Set<String> = []
        let paths = try #require(FileManager.default.enumerator(atPath: "\(SourceTree.root)/Sources"))
        for case let path as String in paths where path.hasSuffix(".swift") {
            let text = try SourceTree.text("Sources/\(path)")
            types.formUnion(text.matches(of: /(?:class|struct|enum|protocol) (\w+)/).map { String($0.output.1) })
        }
        let picture = try SourceTree.text("Documentation/explanation/types.svg")
        for name in names where diagram.contains(" \(name) ->") || diagram.contains("-> \(name)") {
            #expect(types.contains(name), "\(name)")
            #expect(picture.contains(">\(name)</text>"), "dot -Tsvg types.dot -o types.svg: \(name)")
        }
    }
}
