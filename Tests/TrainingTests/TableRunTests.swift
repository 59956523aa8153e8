import Core
import Datasets
import Foundation
import Preferences
import Tables
import Testing
import TinyRuns

@testable import Training

/// Runs on tables.
@Suite struct TableRunTests {
    private static let tables =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        + "/DatasetsTests/Fixtures/tables"

    private func recipe(_ runs: TinyRuns, _ data: String, objective: String) throws -> String {
        try runs.write(
            """
            name: table
            seed: 3
            data: {size: 16, \(data)}
            \(runs.model())
            objective: \(objective)
            optimizer: {lr: 1e-3}
            training: {steps: 2, pairs_per_step: 2}
            """, to: "table-\(UUID().uuidString).yaml")
    }

    /// Winner, p and coefficient of each row, as SmPO's script computes them from the scores.
    @Test func labelsAreThoseOfThePublicScript() throws {
        let cases = JSONCursor(
            try JSONValue.parse(try FileContents.read(Self.tables + "/filters.json"), file: "filters.json"),
            name: "filters")
        try RunSupport.withRuns { runs in
            let path = try recipe(
                runs, "kind: parquet, path: \(Self.tables)/scored.parquet",
                objective:
                    "{name: smpo, winner: reward, ties: keep, score_min: 0.11543526500463486, score_max: 0.28201571106910706}"
            )
            let data = try RunData(Recipe.read(path: path))
            guard case .pairs(let dataset, let labels) = data.items else { throw RunSupport.Unfinished() }
            let rows = try cases["smpo"].elements()
            #expect(labels.labels.count == rows.count && rows.count == 24)
            for (label, row) in zip(labels.labels, rows) {
                #expect(try dataset.item(at: label.index).id == "row-" + PaddedNumber.text(row["row"].int(), digits: 7))
                #expect(try (label.winner == .image0 ? "jpg_0" : "jpg_1") == row["winner"].string())
                // The script's own numbers are Float32 as well; these here were written in double.
                let p = SmoothedLabel(scoreRange: SmoothedLabel.pickScoreRange).probability(
                    winner: label.scores.winner, loser: label.scores.loser)
                #expect(try abs(Double(p) - row["p"].double()) < 1e-7)
                #expect(try abs(Double(label.weight) - row["coefficient"].double()) < 2e-6)
            }
            let decided = try recipe(
                runs, "kind: parquet, path: \(Self.tables)/scored.parquet, labels: decided", objective: "{name: smpo}")
            guard case .pairs(_, let kept) = try RunData(Recipe.read(path: decided)).items else {
                throw RunSupport.Unfinished()
            }
            #expect(try kept.labels.count == rows.filter { try !$0["dropped_as_human_tie"].bool() }.count)
        }
    }

    /// A run on a table has the records of a run on a folder with the same pictures, but for the names of the pairs.
    @Test func aTableTrainsAsTheSamePicturesInAFolder() throws {
        try RunSupport.withRuns { runs in
            let table = try Table.parquet(Self.tables + "/scored.parquet")
            let folder = runs.path("folder")
            try FileContents.makeFolder(folder)
            var lines = ""
            for row in 0..<table.rowCount {
                let pair = try TablePairs(table).item(at: row)
                for (name, column) in [("0", "jpg_0"), ("1", "jpg_1")] {
                    guard case .bytes(let bytes) = try table.value(row: row, column: table.column(column)) else {
                        continue
                    }
                    try AtomicFile.write(bytes, to: "\(folder)/\(row)-\(name).jpg")
                }
                let line: JSONValue = [
                    "caption": .string(pair.caption), "image_0": .string("\(row)-0.jpg"),
                    "image_1": .string("\(row)-1.jpg"), "label_0": .decimal(pair.label0),
                    "label_1": .decimal(pair.label1), "score_0": .decimal(try #require(pair.score0)),
                    "score_1": .decimal(try #require(pair.score1)),
                ]
                lines += String(decoding: line.canonicalBytes, as: UTF8.self) + "\n"
            }
            try AtomicFile.write(lines, to: "\(folder)/pairs.jsonl")
            let other = try recipe(runs, "kind: folder, path: \(folder)", objective: "{name: smpo}")
            let path = try recipe(
                runs, "kind: parquet, path: \(Self.tables)/scored.parquet", objective: "{name: smpo}")
            let (left, right) = (try RunData(Recipe.read(path: other)), try RunData(Recipe.read(path: path)))
            #expect(left.digests == right.digests)
            func losses(_ path: String) throws -> [[UInt32]] {
                try RunSupport.withSession(path) { session in
                    try (0..<2).map { _ in try session.step(observer: nil).items.map(\.bitPattern) }
                }
            }
            #expect(try losses(other) == losses(path))
        }
    }

    @Test func unreadableRowsAreInTheDigests() throws {
        try RunSupport.withRuns { runs in
            let data = "kind: parquet, path: \(Self.tables)/broken_pictures.parquet"
            let strict = try recipe(runs, data, objective: "{name: dpo}")
            #expect(throws: TablePairsError.self) { try RunData(Recipe.read(path: strict)) }
            let path = try recipe(runs, data + ", drop_unreadable: true", objective: "{name: dpo}")
            let run = try RunData(Recipe.read(path: path))
            #expect(run.notes.count { $0.hasPrefix("left out") } == 3)
            #expect(run.digests["data/left_out"] == .of(.document, .array([1, 2, 5].map { .integer($0) })))
        }
    }

    @Test func keysAreAbsentWhereTheyHaveTheirDefault() throws {
        try RunSupport.withRuns { runs in
            let path = try recipe(runs, "kind: arrow, path: saved, split: train", objective: "{name: dpo}")
            let recipe = try Recipe.read(path: path)
            guard case .table(let table) = recipe.data.source else { throw RunSupport.Unfinished() }
            #expect(table.format == .arrow && table.split == "train" && table.selection == PairSelection())
            guard case .object(let json)? = JSONCursor(recipe.json, name: "").value,
                case .object(let data)? = json["data"]
            else { throw RunSupport.Unfinished() }
            #expect(data.keys.sorted() == ["drop_unreadable", "kind", "pairs", "path", "seed", "size", "split"])
            let other = try self.recipe(
                runs, "kind: folder, path: saved, labels: decided", objective: "{name: dpo}")
            #expect(throws: (any Error).self) { try Recipe.read(path: other) }
        }
    }
}
