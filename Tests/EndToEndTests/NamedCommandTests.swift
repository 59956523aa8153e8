import Core
import Foundation
import Testing

/// Commands and options that texts name are there: in messages and help texts of the sources, in the documents, and in the
/// comments of recipes.
@Suite struct NamedCommandTests {
    /// A command as the program describes itself.
    private struct Command {
        var options: Set<String> = []
        var children: [String: Command] = [:]

        init(_ json: JSONCursor) throws {
            for argument in try json["arguments"].present?.elements() ?? [] {
                for name in try argument["names"].present?.elements() ?? [] {
                    let dashes = try name["kind"].string() == "long" ? "--" : "-"
                    options.insert(dashes + (try name["name"].string()))
                }
            }
            for child in try json["subcommands"].present?.elements() ?? [] {
                children[try child["commandName"].string()] = try Command(child)
            }
        }
    }

    private static func program() throws -> Command {
        let help = try Program(folder: SourceTree.root).run("--experimental-dump-help")
        let json = try JSONValue.parse(Array(help.output.utf8), file: "help")
        return try Command(try JSONCursor(json, name: "help")["command"])
    }

    /// The texts, by their paths: all sources, documents and recipes.
    private static func texts() throws -> [(path: String, text: String)] {
        var result: [(String, String)] = []
        for folder in ["Sources", "Documentation", "Manifests/recipes", "Packaging"] {
            let paths = try #require(FileManager.default.enumerator(atPath: "\(SourceTree.root)/\(folder)"))
            for case let path as String in paths
            where [".swift", ".md", ".yaml"].contains(where: path.hasSuffix) {
                result.append(("\(folder)/\(path)", ""))
            }
        }
        result += ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile"].map { ($0, "") }
        return try result.map { path, _ in
            (path, try SourceTree.text(path))
        }
    }

    /// Words after `smpo` that are no command: the name of the program, or of the objective, in a sentence.
    private static let sentences: Set<String> = ["draws", "and", "trains", "says", "fixes", "takes", "is", "or"]

    /// What is wrong with the words after `smpo`, if anything.
    private func fault(_ words: [String], in program: Command) -> String? {
        var (command, rest) = (program, words[...])
        while let word = rest.first, let child = command.children[word] {
            (command, rest) = (child, rest.dropFirst())
        }
        if rest.count == words.count {
            guard let word = words.first, word.allSatisfy({ $0.isASCII && ($0.isLowercase || $0 == "-") }),
                word.first != "-", !Self.sentences.contains(word)
            else { return nil }
            return "no command \(word)"
        }
        // Where the word for the usual subcommand is left out, its options stand.
        let options = command.children.values.reduce(command.options) { $0.union($1.options) }
        for word in rest where word.hasPrefix("--") && word.dropFirst(2).first?.isLetter == true {
            let option = String(word.prefix { $0 != "=" })
            if !options.contains(option) { return "no option \(option)" }
        }
        return nil
    }

    /// The words after each `smpo` of a text, up to the end of the line, of the quoted piece or of the command.
    private func commands(in text: String) -> [[String]] {
        let joined = text.replacing(/\\\n\s*/, with: " ")
        return joined.matches(of: /(?:^|[`"'(\s])smpo (?<words>[^`"\n|;&<>]*)/).map { match in
            var words: [String] = []
            for word in match.output.words.split(separator: " ") {
                let bare = word.trimmingCharacters(in: CharacterSet(charactersIn: ".,:;)"))
                // Another command of the same sentence.
                if bare == "smpo" || bare == "$" { break }
                words.append(bare)
                if word.hasSuffix(".") || word.hasSuffix(",") || word.hasSuffix(")") { break }
            }
            return words
        }
    }

    @Test func everyCommandThatIsNamedIsThere() throws {
        let program = try Self.program()
        var count = 0
        for (path, text) in try Self.texts() {
            for words in commands(in: text) {
                count += 1
                if let fault = fault(words, in: program) {
                    Issue.record("\(path): smpo \(words.joined(separator: " ")): \(fault)")
                }
            }
        }
        #expect(count > 200, "\(count)")
    }

    /// An option alone, as in a hint, is one of some command's.
    @Test func everyOptionInAMessageIsThere() throws {
        func all(_ command: Command) -> Set<String> {
            command.children.values.reduce(command.options) { $0.union(all($1)) }
        }
        // Of other programs: of those that read exports, of a project's CI, and of starters of ranks.
        let others: Set = [
            "--backend-store-uri", "--logdir", "--scale_lr", "--fail", "--silent", "--show-error", "--location",
            "--output", "--yes", "--no-install-recommends", "--reference_ema", "--mpi",
            // sbatch
            "--parsable", "--no-requeue", "--job-name", "--array", "--chdir", "--cpus-per-task", "--signal", "--mem",
            "--time", "--constraint",
        ]
        let known = all(try Self.program()).union(others)
        for (path, text) in try Self.texts() where path.hasSuffix(".swift") && !path.hasSuffix("HTMLStyle.swift") {
            for match in text.matches(of: /(?:^|[^\w-])(--[a-z][a-z0-9_-]*[a-z0-9])/) {
                #expect(known.contains(String(match.output.1)), "\(path): \(match.output.1)")
            }
        }
    }

    /// The test itself can fail.
    @Test func aCommandThatIsNotThereIsFound() throws {
        let program = try Self.program()
        func fault(_ text: String) -> String? {
            commands(in: text).lazy.compactMap { self.fault($0, in: program) }.first
        }
        #expect(fault("#   smpo init --model Manifests/models/sd15 --seed 7") == "no option --model")
        #expect(fault("`smpo polish run-1`") == "no command polish")
        #expect(fault("smpo gate --quack") == "no option --quack")
        #expect(fault("smpo audit run-42 --isa avx2, then smpo golden accept run-42 --reason \"x\"") == nil)
    }
}
