import Audit
import Comparison
import Core
import Ledger
import Testing

/// What the report of an audit means for a gate.
@Suite struct GateCaseTests {
    private static let head = Digest.of(.document, "old"), other = Digest.of(.document, "new")

    private func audit(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(
            JSONObject(
                [
                    ("schema", 1), ("run", "r"), ("verdict", "reproduced"), ("evidence", ["golden log"]),
                    ("steps", 4), ("equal_steps", 4),
                ] + members))
    }

    private func read(
        _ members: [(String, JSONValue)] = [], changes: [RecipeChange] = [], in workspace: Workspace = Workspace()
    ) throws -> GateCase {
        try GateCase(
            run: "r", way: GateWay(), in: workspace, audit: JSONCursor(audit(members), name: "report"),
            changes: changes)
    }

    private let change = RecipeChange(
        DocumentDifference.all(["optimizer": ["lr": 1]], ["optimizer": ["lr": 2]])[0], file: "x.yaml", line: 7)

    @Test func onlyAWholeComparisonIsReproduced() throws {
        let whole = try read()
        #expect(whole.outcome == .reproduced && whole.checked == 1...4 && whole.unchecked.isEmpty)
        let part = try read([
            ("segment", ["first": 1, "last": 3, "checkpoint": 0]), ("equal_steps", 3),
        ])
        #expect(part.outcome == .reproduced && part.checked == 1...3 && part.unchecked == [4...4])
        #expect(try read([("equal_steps", 3)]).outcome == .trouble)
        #expect(try read([("steps", 0), ("equal_steps", 0)]).outcome == .trouble)
        #expect(try read([("evidence", ["ledger", "chain head"])]).outcome == .missing)
        #expect(try read([("verdict", "within-band")]).outcome == .incomparable)
        #expect(throws: JSONShapeError.self) { try read([("verdict", "fine")]) }
        #expect(throws: JSONShapeError.self) { try read([("run", "another")]) }
    }

    @Test func aChangedRecipeClosesTheGate() throws {
        let one = try read(changes: [change])
        #expect(one.outcome == .recipe && one.kind?.word == "recipe" && one.place == ("x.yaml", 7))
        let diverged = try read([("verdict", "diverged"), ("reason", "outcome")], changes: [change])
        #expect(diverged.outcome == .diverged && diverged.changes.count == 1)
        #expect(try read([("verdict", "tampered"), ("reason", "x")], changes: [change]).outcome == .tampered)
    }

    /// What nothing watches does not pass without a word on why, and is told in any case.
    @Test func aRunThatNothingWatchesClosesTheGate() throws {
        var one = try read()
        one.note(.nothing(why: "no policy"))
        #expect(one.outcome == .unwatched && one.reason == "no policy" && one.place == ("Golden/r/policy.yaml", 1))
        #expect(try JSONCursor(one.json, name: "case")["recipe"]["policy_says_so"].bool() == false)
        var said = try read()
        said.note(.unwatched(reason: "lost"))
        #expect(said.outcome == .reproduced && said.unwatched == "lost")
        #expect(try JSONCursor(said.json, name: "case")["recipe"]["unwatched"].string() == "lost")
        var watched = try read()
        watched.note(.recipe(RecipeSource(path: "x.yaml")))
        #expect(watched.outcome == .reproduced && watched.unwatched == nil)
        #expect(GateReport([said, watched], version: "1").summary == "open: 2 reproduced; 1 of 2 watched by no recipe")
        // What is graver stays.
        var diverged = try read([("verdict", "diverged"), ("reason", "outcome")])
        diverged.note(.nothing(why: "no policy"))
        #expect(diverged.outcome == .diverged && diverged.reason == "outcome")
        let report = GateReport([watched], version: "1", notSelected: ["a"], notGolden: ["b", "c"])
        #expect(report.summary == "open: 1 reproduced; 1 golden run not selected")
        #expect(try JSONCursor(report.json, name: "r")["not_golden"].elements().count == 2)
    }

    @Test func aDivergenceIsNamed() throws {
        let one = try read([
            ("verdict", "diverged"), ("equal_steps", 1),
            ("divergence", ["step": 2, "phase": "policy", "tensor": "t", "summary": "step 2, phase policy, t"]),
            ("operator", ["summary": "group norm"]), ("kind", ["word": "arithmetic", "meaning": "all"]),
            (
                "drift",
                [
                    "recorded": ["chain_head": .digest(Self.head)], "found": ["chain_head": .digest(Self.other)],
                    "steps": [],
                ]
            ),
        ])
        #expect(one.difference?.step == 2 && one.difference?.operation == "group norm")
        #expect(one.kind?.word == "arithmetic" && one.heads.recorded == Self.head && one.heads.found == Self.other)
        #expect(one.place == ("Golden/r/log.jsonl", 2))
        let json = JSONCursor(one.json, name: "case")
        #expect(try json["found_head"].digest() == Self.other && json["audit"]["drift"].present != nil)
        #expect(try JSONCursor(read().json, name: "case")["audit"]["drift"].present == nil)
    }

    /// Whoever audits from another folder is shown the files of the workspace, not of the folder the program stands in.
    @Test func placesAreInTheWorkspace() throws {
        let project = Workspace(root: "a/project")
        #expect(try read(in: project).place == ("a/project/Golden/r/log.jsonl", 1))
        var unwatched = try read(in: project)
        unwatched.note(.nothing(why: "no recipe is named"))
        #expect(unwatched.place == ("a/project/Golden/r/policy.yaml", 1))
        let missing = GateCase(run: "r", way: GateWay(), in: project, outcome: .missing)
        #expect(missing.place == ("a/project/Golden/r/log.jsonl", 1))
    }

    @Test func theGravestDecides() {
        let outcomes: [GateOutcome] = [
            .reproduced, .trouble, .unwatched, .missing, .incomparable, .recipe, .diverged, .tampered,
        ]
        for (index, outcome) in outcomes.enumerated() {
            let cases = outcomes[...index].shuffled().map {
                GateCase(run: "r", way: GateWay(), in: Workspace(), outcome: $0)
            }
            let report = GateReport(cases, version: "1")
            #expect(report.outcome == outcome && report.failures.count == index)
        }
        #expect(Set(GateOutcome.byGravity) == Set(GateOutcome.allCases))
        // Nothing audited is no pass.
        let empty = GateReport([], version: "1")
        #expect(empty.outcome == .trouble && empty.summary == "closed: nothing was audited")
    }

    @Test func waysAreAllCombinations() {
        #expect(GateWay.all(isas: [], workers: []) == [GateWay()])
        #expect(
            GateWay.all(isas: [.avx2, .baseline], workers: [1, 3]).map(\.description) == [
                "avx2, 1 worker", "avx2, 3 workers", "baseline, 1 worker", "baseline, 3 workers",
            ])
        #expect(GateWay.all(isas: [.avx2], workers: []).map(\.description) == ["avx2"])
        #expect(GateWay.all(isas: [], workers: [2]).map(\.description) == ["2 workers"])
    }
}
