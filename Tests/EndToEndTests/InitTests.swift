import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo init`, and what one does with the project that it begins.
@Suite struct InitTests {
    /// Where the tests themselves run in CI nothing could be accepted.
    private func run(_ arguments: [String], _ sandbox: Sandbox) throws -> Program.Result {
        try sandbox.program.start(arguments, environment: ["CI": "", "GITHUB_ACTIONS": ""]).wait()
    }

    /// From nothing to a gate that is open, closed by a changed recipe, and open again once the change is accepted.
    @Test func beginsAProjectWhoseGateWorksAtOnce() throws {
        try Sandbox.with { sandbox in
            func smpo(_ arguments: String...) throws -> Program.Result { try run(arguments, sandbox) }
            let made = try smpo("init")
            #expect(made.status == 0, "\(made.errors)")
            for file in [".github/workflows/smpo.yml", ".gitlab-ci.yml", ".pre-commit-config.yaml", ".gitignore"] {
                #expect(FileContents.exists(sandbox.runs.path(file)) && made.output.contains("wrote    \(file)"))
            }
            let open = try smpo("gate")
            #expect(open.status == 0, "\(open.output)\(open.errors)")

            let recipe = sandbox.runs.path("Manifests/recipes/first.yaml")
            let text = String(decoding: try FileContents.read(recipe), as: UTF8.self)
            try AtomicFile.write(text.replacing("lr: 1.0e-3", with: "lr: 2.0e-3"), to: recipe)
            let closed = try smpo("gate")
            #expect(closed.status == 1 && closed.output.contains("optimizer.lr"), "\(closed.output)\(closed.errors)")

            #expect(try smpo("golden", "review").output.contains("recipe.optimizer.lr"))
            #expect(try smpo("golden", "accept", "first").errors.contains("expected --reason"))
            let accepted = try smpo("golden", "accept", "first", "--reason", "a higher learning rate")
            #expect(accepted.status == 0, "\(accepted.errors)")
            // The ledger still has the run that was golden before: it is another one now.
            let again = try smpo("gate")
            #expect(again.status == 0, "\(again.output)\(again.errors)")
            #expect(try smpo("verify", "first").status == 0)
            let history = try FileContents.read(sandbox.runs.path("Golden/first/history.jsonl"))
            #expect(String(decoding: history, as: UTF8.self).contains("a higher learning rate"))
        }
    }

    /// What is there stays; lines are added to .gitignore once.
    @Test func keepsWhatIsThere() throws {
        try Sandbox.with { sandbox in
            try sandbox.runs.write("build/", to: ".gitignore")
            try sandbox.runs.write("stages: [test]\n", to: ".gitlab-ci.yml")
            let first = try run(["init"], sandbox)
            #expect(first.status == 0, "\(first.errors)")
            #expect(
                first.output.contains("kept     .gitlab-ci.yml") && first.output.contains("smpo gate --format text"))
            func text(_ name: String) throws -> String {
                String(decoding: try FileContents.read(sandbox.runs.path(name)), as: UTF8.self)
            }
            #expect(try text(".gitlab-ci.yml") == "stages: [test]\n")
            #expect(try text(".gitignore") == "build/\n.smpo/\n")
            let golden = try text("Golden/first/log.jsonl")
            let second = try run(["init"], sandbox)
            #expect(second.status == 0 && second.output.contains("kept     Golden/first"), "\(second.errors)")
            #expect(try text(".gitignore") == "build/\n.smpo/\n" && text("Golden/first/log.jsonl") == golden)
        }
    }

    /// The CI files are those of the documentation: another system's are left out.
    @Test func writesForOneSystem() throws {
        try Sandbox.with { sandbox in
            let made = try run(["init", "--ci", "gitlab"], sandbox)
            #expect(made.status == 0, "\(made.errors)")
            #expect(FileContents.exists(sandbox.runs.path(".gitlab-ci.yml")))
            #expect(!FileContents.exists(sandbox.runs.path(".github/workflows/smpo.yml")))
            let unknown = try run(["init", "--ci", "jenkins"], sandbox)
            #expect(unknown.status == 64)
        }
    }
}
