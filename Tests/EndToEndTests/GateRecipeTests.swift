import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo gate`, `smpo golden review` and `smpo golden accept` where the replay of the manifest is what was recorded, but the
/// recipe's file says something else.
@Suite(.goldenOnce()) struct GateRecipeTests {
    private func withChangedRecipe(_ body: (Sandbox) throws -> Void) throws {
        try Sandbox.withGoldenCopy { sandbox in
            try sandbox.replace(
                "optimizer: {lr: 1e-3}", "optimizer: {lr: 1e-3, weight_decay: 0.0101}", in: "one.yaml")
            try body(sandbox)
        }
    }

    @Test func theGateIsClosed() throws {
        try withChangedRecipe { sandbox in
            let closed = try sandbox.gate("one")
            #expect(closed.status == 1, "\(closed.output)\(closed.errors)")
            #expect(closed.output.contains("one  RECIPE"), "\(closed.output)")
            #expect(
                closed.output.contains(
                    "\(sandbox.runs.path("one.yaml")):12: optimizer.weight_decay: 0.0101, recorded was 0.01"),
                "\(closed.output)")
            #expect(closed.output.contains("kind              recipe: "))
        }
    }

    @Test func aReviewSaysWhatMovedAndChangesNothing() throws {
        try withChangedRecipe { sandbox in
            let before = try sandbox.golden()
            let review = try sandbox.program.run("golden", "review", "one", "--workers", "1")
            #expect(review.status == 0 && review.output.contains("one: moved"), "\(review.output)\(review.errors)")
            #expect(review.output.contains("inputs            recipe.optimizer.weight_decay: 0.01 | 0.0101"))
            #expect(try sandbox.golden() == before)
        }
    }

    /// A server accepts nothing, and nobody without a reason.
    @Test func anAcceptanceNeedsAPersonAndAReason() throws {
        try withChangedRecipe { sandbox in
            let before = try sandbox.golden()
            #expect(try sandbox.program.run("golden", "review", "one", "--workers", "1").status == 0)
            let server = try sandbox.program.start(
                ["golden", "accept", "one", "--reason", "x"], environment: ["CI": "true"]
            ).wait()
            #expect(server.status == 2 && server.errors.contains("CI is set"), "\(server.errors)")
            let silent = try sandbox.program.run("golden", "accept", "one")
            #expect(silent.status == 2 && silent.errors.contains("--reason"), "\(silent.errors)")
            #expect(try sandbox.program.run("golden", "accept", "--all", "*").status == 64)
            #expect(try sandbox.golden() == before)
        }
    }

    @Test func anAcceptanceOpensTheGateAndIsSigned() throws {
        try withChangedRecipe { sandbox in
            #expect(try sandbox.program.run("golden", "review", "one", "--workers", "1").status == 0)
            #expect(try sandbox.program.run("keys", "generate", "alice", "--keys", "keys").status == 0)
            let accepted = try sandbox.program.start(
                ["golden", "accept", "--all", "o*", "--reason", "more decay", "--keys", "keys"],
                environment: ["SMPO_KEY": "alice", "SOURCE_DATE_EPOCH": "1795824000"]
            ).wait()
            #expect(accepted.status == 0, "\(accepted.errors)")
            let head = try Manifest.read(sandbox.workspace.manifest("one")).outcome?.chainHead
            #expect(accepted.output.contains("new head   \(try #require(head))"), "\(accepted.output)")
            #expect(try sandbox.gate().status == 0)
            let audit = try sandbox.program.run("audit", "one", "--keys", "keys", "--require-signature")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            let show = try sandbox.program.run("golden", "show", "one", "--keys", "keys")
            #expect(show.status == 0 && show.output.contains("2026-11-28"), "\(show.output)\(show.errors)")
            #expect(show.output.contains("more decay") && show.output.contains("signed with ed25519"), "\(show.output)")
        }
    }
}
