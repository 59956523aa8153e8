import Core
import Foundation
import Pages
import Testing

@testable import Studies

@Suite struct AblationFindingTests {
    private func report() throws -> AblationReport {
        let plan = try AblationPlan.parse(
            """
            name: two
            seeds: [1]
            scorer: s
            bases: {one: {path: b}}
            pairs: {plain: {base: one, count: 8}}
            tuning: {lr: [0.001], beta: [1]}
            common: {data: {size: 16}, optimizer: {schedule: constant}, training: {steps: 4, pairs_per_step: 2}}
            arms: {dpo: {title: "D|P<O", objective: {name: dpo, beta: 100}}}
            """, file: "plan.yaml")
        let drawings: (Double) throws -> JSONValue = { reward in
            [
                "seeds": [
                    [
                        "model": [
                            "rewards": [.decimal(reward), .decimal(0.5)], "median_reward": .decimal(0.5),
                            "score": .decimal(0.25),
                            "shape": 1, "size": 1, "colour": 1, "place": 1, "background": 1, "all": 1,
                            "brightness": .decimal(-0.5),
                        ]
                    ]
                ]
            ]
        }
        var report = AblationReport(plan)
        report.bases = [("one", 1, try Drawings(evaluation: JSONCursor(try drawings(0.25), name: "e")))]
        let run = AblationRun(arm: "dpo", pairs: "plain", seed: 1, rate: 1e-3, betaFactor: 1)
        let train: JSONValue = ["run": "dpo-1", "chain_head": "00", "cpu_seconds": .decimal(2.5), "steps": 4]
        report.runs = [
            try AblationOutcome(
                run,
                recipe: plan.recipe(
                    plan.arms[0], name: "x", data: "d", model: "m", seed: 1, rate: 1e-3, betaFactor: 1),
                result: JSONCursor(["outputs": [train, try drawings(0.75)]], name: "r"), curve: [(2, 0.4), (4, 0.625)])
        ]
        report.audits = [("dpo-1", "1..2", .reproduced)]
        return report
    }

    private func cells(_ finding: Finding, _ table: Int) -> [[String]] {
        guard case .table(let table)? = finding.children[table].contents.first else { return [] }
        return table.rows
    }

    @Test func tables() throws {
        let finding = try report().finding
        #expect(finding.children[0].title == "Arms, on 200 test captions; seeds 1", "\(finding.children[0].title)")
        let arm = cells(finding, 0)[1]
        #expect(arm[0...1] == ["D|P<O", "0.6250 ± 0.0000"] && arm[11] == "0.750 (0.500 to 1.000)")
        #expect(finding.conclusion?.status == .passed)
        var silent = try report()
        silent.audits = []
        #expect(silent.finding.conclusion?.status == .open)
    }

    @Test func text() throws {
        let lines = TableTextPresenter().present(try report().finding).split(separator: "\n")
        #expect(lines.first { $0.hasPrefix("  D|P<O") }?.split(separator: "  ").first == "D|P<O")
        #expect(lines.last == "Audited: a part of each of 1 runs, drawn by its chain head; 1 reproduced.")
    }

    @Test func markdown() throws {
        let text = TableMarkdownPresenter(drawing: "d", at: "p.svg").present(try report().finding)
        let tables = text.split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(tables.filter { $0.hasPrefix("| D\\|P<O | 0.6250 ± 0.0000 |") }.count == 1)
        // Cells of a table's rows: as many as its head has.
        let cells = tables.map { $0.replacing("\\|", with: "").count { $0 == "|" } }
        #expect(cells[0] == 16 && cells.prefix(4).allSatisfy { $0 == cells[0] })
    }

    @Test func json() throws {
        let value = try report().json
        let cursor = JSONCursor(try JSONValue.parse(value.canonicalBytes, file: "x"), name: "x")
        #expect(try cursor["runs"][0]["unet_passes"].double() == 64)
        #expect(try cursor["rows"][1]["against_base"]["wins"].int() == 1)
    }

    /// One curve, twice; names are escaped; the mean lies within the frame.
    @Test func plot() throws {
        let svg = RewardPlot(try report()).svg
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("D|P&lt;O") && !svg.contains("D|P<O"))
        #expect(svg.components(separatedBy: "<polyline").count == 3 && !svg.contains(">base<"))
        // With the base judged, curves are differences from it, seed by seed, and begin at 0.
        var report = try report()
        report.curveBases = [0.5]
        let based = RewardPlot(report).svg
        #expect(
            based.components(separatedBy: ">base<").count == 3 && based.contains(">+0.136<")
                && based.contains(">-0.111<"))
        func points(_ svg: String) -> Int { svg.count { $0 == "," } }
        #expect(points(based) > points(svg))
    }
}
