import Foundation
import Pages
import Preferences

/// The tables of an ablation that reward models judge, laid out as the paper's: an arm a row, a reward model a column.
extension AblationReport {
    /// The judges' names, in the order of columns.
    var judges: [String] { plan.judging?.rewards.map(\.kind.name) ?? ["reward"] }

    /// A judge's name for people.
    func title(of judge: Int) -> String { RewardKind.named(judges[judge])?.title ?? judges[judge] }

    /// Medians, and how often an arm's picture has the higher score than its base's.
    func rewardTables(_ title: String, _ rows: [AblationRow]) -> [(title: String, table: Table)] {
        let titles = judges.indices.map { self.title(of: $0) }
        let medians = rows.map { row in [row.title] + judges.indices.map { median(row, $0) } + Self.cost(row) }
        let wins = rows.filter { !$0.outcomes.isEmpty }.map { row in
            [row.title] + judges.indices.map { judge in row.againstBase(judge).map(Self.rate) ?? "" }
        }
        let isSeveral = plan.seeds.count > 1
        return [
            (
                "\(title): medians\(isSeveral ? ", means over seeds with their standard deviation" : "")",
                Table(
                    ["arm"] + titles + ["UNet passes", "CPU s"], medians, numbers: Set(1..<judges.count + 3),
                    room: .many)
            ),
            (
                "\(title): win rates against the base, equal ones half, with 95 % intervals",
                Table(["arm"] + titles, wins, numbers: Set(1..<judges.count + 1), room: .many)
            ),
        ]
    }

    /// The mean over seeds of medians, as scores are usually shown.
    private func median(_ row: AblationRow, _ judge: Int) -> String {
        guard !row.drawings.isEmpty, let kind = RewardKind.named(judges[judge]) else { return "" }
        let spread = row.spread { $0.judgements[judge].median * kind.displayFactor }
        let digits = kind.displayDigits
        let mean = String(format: "%.\(digits)f", spread.mean)
        return row.drawings.count > 1 ? mean + String(format: " ± %.\(digits)f", spread.deviation) : mean
    }
}
