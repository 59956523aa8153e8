import Core
import Foundation
import Testing

/// The commands of README and tutorials, run as they stand there; what they print is compared. `make tutorial` runs all.
@Suite struct TutorialTests {
    private func page(_ path: String) throws -> ConsolePage {
        ConsolePage(try SourceTree.text(path))
    }

    /// A folder of its own, with copies of `parts` of the sources.
    private func inFolder(with parts: [String] = [], _ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "smpo-tutorial-\(UUID().uuidString)"
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for part in parts {
            try FileManager.default.copyItem(atPath: "\(SourceTree.root)/\(part)", toPath: "\(folder)/\(part)")
        }
        try body(folder)
    }

    private func follow(_ path: String, with parts: [String] = []) throws {
        let page = try page(path)
        #expect(page.commands.count >= 5)
        try inFolder(with: parts) { folder in
            for fault in try page.faults(in: folder) { Issue.record("\(path): \(fault)") }
        }
    }

    @Test func aProjectOfOnesOwn() throws {
        try follow("Documentation/tutorial/own-project.md")
    }

    @Test func fromParquetFilesToAnAuditedRun() throws {
        try follow("Documentation/tutorial/real-models.md", with: ["Manifests"])
    }

    @Test func labelsByARewardModelAndThePapersTable() throws {
        try follow("Documentation/tutorial/rewards.md", with: ["Manifests", "Golden"])
    }

    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["SMPO_TUTORIALS"] != nil, "make tutorial"),
        arguments: [
            "README.md", "Documentation/tutorial/first-audit.md", "Documentation/tutorial/own-pictures.md",
        ])
    func thePagesThatTakeMinutes(_ path: String) throws {
        // README's gate checks golden evaluations too, which draw with the tests' small models.
        try follow(path, with: ["Manifests", "Golden"] + (path == "README.md" ? ["Tests"] : []))
    }

    /// Whatever a tutorial tells to type is run.
    @Test func aTutorialHasNoCommandThatIsNotRun() throws {
        let folder = "Documentation/tutorial"
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(SourceTree.root)/\(folder)") {
            let text = try SourceTree.text("\(folder)/\(name)")
            #expect(!text.contains("```sh") && !text.contains("```bash"), "\(name)")
        }
    }

    /// The test itself can fail.
    @Test func aPageThatIsWrongIsFound() throws {
        func faults(_ lines: String...) throws -> Int {
            var count = 0
            let text = "# Page\n```console\n" + lines.joined(separator: "\n") + "\n```\n"
            try inFolder { count = try ConsolePage(text).faults(in: $0).count }
            return count
        }
        #expect(try faults("$ echo one", "one", "$ printf 'a\\nb\\nc\\n'", "a", "…") == 0)
        #expect(try faults("$ mkdir in", "$ cd in", "$ pwd", "…/in", "$ echo \\", "  two", "two") == 0)
        #expect(try faults("$ echo \"one", "two\"", "one", "two", "$ (exit 3)", "$ echo $?", "3") == 0)
        #expect(try faults("$ echo one") == 1)
        #expect(try faults("$ true", "one") == 1)
        #expect(try faults("$ echo 'one two three'", "one…four") == 1)
        #expect(try faults("$ printf 'a\\nb\\n'", "…", "a") == 1)
        #expect(try faults("$ echo one >&2; (exit 2)") == 1)
        #expect(try faults("$ (exit 3)", "$ echo $?", "2") == 1)
    }
}
