import Core
import GRDB

extension LedgerStore {
    /// Adds a labelling, whole or not at all; gives its number. - Throws: `LedgerError`.
    @discardableResult
    package func record(_ labelling: LabellingRecord) throws -> Int64 {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO labellings (folder, scorer, scorer_parts, data, gamma, score_min, score_max)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    labelling.folder, labelling.scorer.data, labelling.scorerParts.canonical, labelling.data.data,
                    labelling.gamma, labelling.scoreRange.lowerBound, labelling.scoreRange.upperBound,
                ])
            let id = db.lastInsertedRowID
            for (position, item) in labelling.items.enumerated() {
                try db.execute(
                    sql: """
                        INSERT INTO scores (
                            labelling_id, position, item, image_0, image_1, score_0, score_1, alpha, weight)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        id, position, item.item, item.images[0].data, item.images[1].data, item.scores[0],
                        item.scores[1], item.alpha, item.weight,
                    ])
            }
            return id
        }
    }

    /// All labellings, the oldest first. - Throws: `LedgerError`, `TamperError`.
    package func labellings() throws -> [LabellingRecord] {
        try read { db in
            // A ledger of version 2 has no such tables until somebody writes to it.
            guard try db.tableExists("labellings") else { return [] }
            return try Row.fetchAll(db, sql: "SELECT * FROM labellings ORDER BY id").map { row in
                guard let id = row.integer("id"), let folder = row.text("folder"), let scorer = row.digest("scorer"),
                    let parts = try? JSONValue.parse(row.bytes("scorer_parts") ?? [], file: path),
                    let data = row.digest("data"), let gamma = row.real("gamma"), let low = row.real("score_min"),
                    let high = row.real("score_max"), low <= high
                else { throw Self.damaged("labellings", row, path) }
                let items = try Row.fetchAll(
                    db, sql: "SELECT * FROM scores WHERE labelling_id = ? ORDER BY position", arguments: [id])
                return LabellingRecord(
                    folder: folder, scorer: scorer, scorerParts: parts, data: data, gamma: gamma,
                    scoreRange: low...high, items: try items.map { try item($0) })
            }
        }
    }

    private func item(_ row: Row) throws -> LabellingRecord.Item {
        guard let item = row.text("item"), let image0 = row.digest("image_0"), let image1 = row.digest("image_1"),
            let score0 = row.real("score_0"), let score1 = row.real("score_1")
        else { throw Self.damaged("scores", row, path) }
        return LabellingRecord.Item(
            item: item, images: [image0, image1], scores: [score0, score1], alpha: row.real("alpha"),
            weight: row.real("weight"))
    }

    private static func damaged(_ table: String, _ row: Row, _ path: String) -> TamperError {
        TamperError(
            file: path, run: "none", step: nil, field: table, expected: "a row of the right types", found: "\(row)")
    }
}
