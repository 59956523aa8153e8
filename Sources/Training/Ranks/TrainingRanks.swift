import Compute
import Core
import Ledger
import Ranks

/// How this process does the steps of a run together with others, or all of them alone.
///
/// A rank computes some of a step's lanes, and updates some of the parameters; whole is what goes to all. Each number is made
/// by one rank in the order in which one process makes it, so that the run's records know nothing of ranks.
package final class TrainingRanks {
    /// The group. All ranks make the same exchanges in the same order.
    package let group: any RankGroup
    /// How long an exchange may take; nil for what follows from the steps so far.
    private var limit: Duration?
    /// The parameters that this rank updates, worked out once.
    private var owned: Range<Int>?
    /// The step at work, when it began, and how long the slowest so far took. No number of the run comes of it.
    private var pace: (step: Int, begin: ContinuousClock.Instant, slowest: Duration)?

    /// How long is waited for what may take its time: the first step, the making of latents before it.
    private static let longest = Duration.seconds(7 * 24 * 3600)

    /// The ranks of `group`, of which each has to answer within `limit`.
    package init(_ group: any RankGroup, limit: Duration? = nil) {
        (self.group, self.limit) = (group, limit)
        group.limit = limit ?? group.limit
    }

    /// This process alone.
    package convenience init() { self.init(SingleRank(host: "")) }

    /// Whether there are no others.
    package var isAlone: Bool { group.size == 1 }
    /// Whether this is the rank that keeps the record, and writes all files.
    package var isFirst: Bool { group.rank == 0 }

    /// The lanes that this rank computes.
    func lanes(of tree: LaneTree) -> Range<Int> {
        LaneDivision(lanes: tree.lanes, ranks: group.size).lanes(of: group.rank)
    }

    /// The parameters, of those that are trained, that this rank updates.
    func owned(of parameters: [(name: String, parameter: Parameter)]) -> Range<Int> {
        if let owned { return owned }
        let bytes = parameters.map { $0.parameter.value.byteCount }
        let owned = ParameterDivision(bytes: bytes, ranks: group.size).owned[group.rank]
        self.owned = owned
        return owned
    }

    /// Says where this rank is, for who waits for it.
    func enter(step: Int, _ what: String) {
        guard !isAlone else { return }
        group.place = "step \(step), \(what)"
        let now = ContinuousClock.now
        guard let pace else { return self.pace = (step, now, .zero) }
        guard pace.step != step else { return }
        let slowest = max(pace.slowest, now - pace.begin)
        self.pace = (step, now, slowest)
        if limit == nil { group.limit = max(.seconds(600), slowest * 5) }
    }

    /// Waits as long as it takes: the first rank looks at the model between steps.
    package func waitForLooks() {
        limit = limit ?? Self.longest
        group.limit = limit ?? group.limit
    }

    /// The session that `open` gives. The first rank opens its own before the others: what it makes, such as latents, they find.
    /// - Throws: `RankError`, also for a rank whose model or data are others, and what `open` throws.
    package func opened(_ open: () throws -> TrainingSession) throws -> TrainingSession {
        guard !isAlone else { return try open() }
        if limit == nil { group.limit = Self.longest }
        group.place = "the opening of model and data"
        var session: TrainingSession?
        try together { if isFirst { session = try open() } }
        try together { if !isFirst { session = try open() } }
        try requireSame(session!.inputs)
        return session!
    }

    /// The inputs of a run have to be the same on all ranks.
    private func requireSame(_ inputs: ManifestInputs) throws {
        let file = "the inputs of rank 0 (host \(group.hosts[0]))"
        let names = JSONValue.array(inputs.digests.keys.sorted(by: utf8Less).map { .string($0) })
        let told = String(decoding: try group.broadcast(Array(names.canonical.utf8), from: 0), as: UTF8.self)
        for name in try JSONCursor(try JSONValue.parse(told, file: file), name: "names", file: file).elements() {
            let name = try name.string()
            try group.requireSame(inputs.digests[name]?.hex ?? "nothing", as: "the digest of \(name)")
        }
        try group.requireSame(inputs.digest.hex, as: "the digest of the run's inputs")
    }

    /// The weights have to be the same on all ranks.
    /// - Throws: `RankError.different`.
    func requireSameWeights(_ trainer: Trainer) throws {
        try group.requireSame(try trainer.weightsDigest().hex, as: "the weights after step \(trainer.steps)")
    }

    /// Rows of numbers that each rank has made, by ranks: what goes by lanes or by parameters is then in the order of one
    /// process. Where one fails, all do.
    /// - Throws: `RankError`, and what `own` throws.
    func gathered(_ own: () throws -> [[Float]]) throws -> [[Float]] {
        guard !isAlone else { return try own() }
        return try group.agree { NumberRows.bytes(try own()) }.flatMap(NumberRows.rows)
    }

    /// Does `own` on every rank; where one fails, all do.
    /// - Throws: `RankError`, and what `own` throws.
    func together(_ own: () throws -> Void) throws {
        _ = try gathered {
            try own(); return []
        }
    }

    /// Whether any rank says so.
    package func any(_ flag: Bool) throws -> Bool {
        isAlone ? flag || group.isStopRequested : try group.any(flag || group.isStopRequested)
    }
}
