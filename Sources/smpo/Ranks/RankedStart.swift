import ArgumentParser
import Compute
import Core
import Ledger
import Ranks
import Training

/// What the ranks of a training are told by the first, which alone reads the recipe and the ledger.
struct RankedStart {
    /// What is trained.
    let recipe: Recipe
    /// Whether the first rank records the run.
    let isRecorded: Bool
    /// Whether the first rank looks at the model between steps, which may take longer than they do.
    let looks: Bool

    /// The start that `first` gives on the first rank, on all of them.
    /// - Throws: `RankError`, and what `first` throws.
    static func agree(_ ranks: TrainingRanks, _ first: () throws -> RankedStart) throws -> RankedStart {
        guard !ranks.isAlone else { return try first() }
        try RankGroups.requireSameProgram(ranks.group)
        ranks.group.place = "the recipe"
        guard ranks.isFirst else {
            let file = "the recipe of rank 0 (host \(ranks.group.hosts[0]))"
            let text = String(decoding: try ranks.group.broadcast([], from: 0), as: UTF8.self)
            let told = JSONCursor(try JSONValue.parse(text, file: file), name: "start", file: file)
            return RankedStart(
                recipe: try Recipe(json: told["recipe"]), isRecorded: try told["is_recorded"].bool(),
                looks: try told["looks"].bool())
        }
        let start = try first()
        let told: JSONValue = [
            "recipe": start.recipe.json, "is_recorded": .bool(start.isRecorded), "looks": .bool(start.looks),
        ]
        _ = try ranks.group.broadcast(Array(told.canonical.utf8), from: 0)
        return start
    }

    /// Throws for what one process does alone.
    static func require(_ recipe: Recipe, level: RecordLevel?, band: Band?, _ ranks: TrainingRanks) throws {
        guard !ranks.isAlone else { return }
        if level == .operators {
            throw ValidationError("--record operators is the work of one process: start it without smpo-mpi")
        }
        if band != nil || recipe.backend != .reference {
            throw ValidationError(
                "ranks compute on the backend \(Backend.reference.rawValue): leave out --band, and set "
                    + "backend=\(Backend.reference.rawValue)")
        }
    }
}
