import Core
import Testing
import Training

@testable import Studies

/// Reports made by hand.
enum ReportSamples {
    static func drawings(_ rewards: [Double]) throws -> Drawings {
        let list = rewards.map { "\($0)" }.joined(separator: ", ")
        let text = """
            {"seeds": [{"model": {"rewards": [\(list)], "median_reward": 0.5, "score": 0.25, "shape": 1, "size": 0.5,
            "colour": 1, "place": 1, "background": 1, "all": 0.5, "brightness": -0.25}}]}
            """
        return try Drawings(evaluation: JSONCursor(try JSONValue.parse(Array(text.utf8), file: "eval"), name: "eval"))
    }

    static func outcome(_ run: AblationRun, _ rewards: [Double]) throws -> AblationOutcome {
        let plan = try PlanSamples.parsed()
        let recipe = try plan.recipe(
            plan.arm(run.arm), name: "x", data: "d", model: "m", seed: run.seed, rate: run.rate, betaFactor: 1)
        let train: JSONValue = [
            "run": .string("\(run.arm)-\(run.seed)-\(run.rate)"), "chain_head": "00", "cpu_seconds": 2, "steps": 4,
        ]
        let list = rewards.map { JSONValue.decimal($0) }
        let evaluation: JSONValue = [
            "seeds": [
                [
                    "model": [
                        "rewards": .array(list), "median_reward": 0, "score": 0, "shape": 0, "size": 0, "colour": 0,
                        "place": 0, "background": 0, "all": 0, "brightness": 0,
                    ]
                ]
            ]
        ]
        return try AblationOutcome(
            run, recipe: recipe, result: JSONCursor(["outputs": [train, evaluation]], name: "result"),
            curve: [(2, rewards[0]), (4, rewards[1])])
    }

    /// Two arms on two seeds and two captions.
    static func report() throws -> AblationReport {
        var report = AblationReport(try PlanSamples.parsed())
        report.bases = try [1, 2].map { ("one", $0, try drawings([0.4, 0.4])) }
        func run(_ arm: String, _ seed: UInt64, _ rate: Double = 1e-4, tuning: Bool = false) -> AblationRun {
            AblationRun(
                arm: arm, pairs: "plain", seed: seed, rate: rate, betaFactor: 1, purpose: tuning ? .tuning : .table)
        }
        report.tuning = [
            try outcome(run("dpo", 0, 3e-5, tuning: true), [0.5, 0.6]),
            try outcome(run("dpo", 0, 1e-4, tuning: true), [0.6, 0.6]),
        ]
        report.runs = [
            try outcome(run("dpo", 1), [0.5, 0.5]), try outcome(run("dpo", 2), [0.3, 0.5]),
            try outcome(run("smpo", 1), [0.6, 0.5]), try outcome(run("smpo", 2), [0.6, 0.5]),
        ]
        return report
    }
}

@Suite struct AblationReportTests {
    @Test func theBestOnValidationIsChosen() throws {
        let report = try ReportSamples.report()
        #expect(report.tuned("dpo")?.run.rate == 1e-4)
        #expect(report.tuned("smpo") == nil)
    }

    @Test func rowsAreMeansOverSeeds() throws {
        let rows = try ReportSamples.report().rows
        #expect(rows.map(\.title) == ["base (one)", "DPO", "smpo"])
        let dpo = rows[1].spread(\.reward)
        // Means .5 and .4: mean .45, deviation √(2 · .05²).
        #expect(abs(dpo.mean - 0.45) < 1e-12 && abs(dpo.deviation - 0.1 / 2.0.squareRoot()) < 1e-12)
        let against = try #require(rows[1].againstBase())
        #expect((against.wins, against.losses) == (3, 1))
        #expect(rows[1].mean(\.passes) == 4 * 2 * 2 * 4 && rows[1].mean(\.cpuSeconds) == 2)
        #expect(rows[0].againstBase() == nil && rows[0].spread(\.reward).mean == 0.4)
    }

    /// Caption by caption and seed by seed; runs that are missing make no comparison.
    @Test func armsAgainstEachOther() throws {
        var report = try ReportSamples.report()
        let found = try #require(report.comparison("smpo", "dpo", pairs: "plain"))
        #expect((found.wins, found.ties, found.losses) == (2, 2, 0))
        #expect(report.comparison("smpo", "dpo", pairs: "wide") == nil)
        report.runs.removeLast()
        #expect(report.comparison("smpo", "dpo", pairs: "plain") == nil)
    }
}
