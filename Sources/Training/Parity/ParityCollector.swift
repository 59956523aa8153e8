import Compute
import Diffusion
import Ledger
import Preferences

/// Keeps the tensors of a step under the names that the cases of other frameworks use.
final class ParityCollector: StepObserver {
    private(set) var tensors: [(name: String, tensor: Tensor)] = []
    private(set) var gradients: [(name: String, tensor: Tensor)] = []
    private let hp: ParityCase
    private let items: Int
    private let elements: Int
    private let engine: Engine
    private var samples: [Phase: [String: Tensor]] = [:]
    private var entries: [Phase: [TraceEntry]] = [:]
    private var moves: [(items: Range<Int>, step: InversionStep)] = []

    init(_ hp: ParityCase, items: Int, elements: Int, engine: Engine) {
        self.hp = hp
        self.items = items
        self.elements = elements
        self.engine = engine
    }

    func observe(_ phase: Phase, _ entry: TraceEntry) { entries[phase, default: []].append(entry) }

    func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) {
        samples[key.phase, default: [:]][key.name] = tensor
    }

    func observe(_ keys: RecordKeys<ParameterName, RecordedTensor>, _ tensors: [(name: String, tensor: Tensor)]) {
        gradients += tensors.map { (String($0.name.dropFirst("unet/".count)), $0.tensor.copy()) }
    }

    func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) { moves.append((items, step)) }

    /// Lays out everything seen: by micro-batch where the case accumulates, winners first.
    func finish() throws {
        let record = try StepRecord(step: 1, phases: entries.map { try PhaseRecord($0.key, $0.value) })
        let micro = min(hp.microPairs ?? items, items)
        for (index, start) in stride(from: 0, to: items, by: micro).enumerated() {
            let own = start..<min(items, start + micro)
            let prefix = micro < items ? "micro\(index)." : ""
            layOut(own, prefix, record)
            layOutInversion(own, prefix)
        }
    }

    private func add(_ name: String, _ values: [Float]) {
        tensors.append((name, Tensor(values, shape: [values.count])))
    }

    private func layOut(_ items: Range<Int>, _ prefix: String, _ record: StepRecord) {
        let sides: [SampleName.Side?] = hp.objective == .kto ? [nil] : [.winner, .loser]
        let names = [
            (Entries.Inversion.latents, "xt"), (Entries.Target.targets, "target"),
            (Entries.Policy.predictions, "pred"), (Entries.Reference.predictions, "ref_pred"),
        ]
        for (keys, name) in names {
            guard let rows = samples[keys.entry.phase] else { continue }
            let ordered = sides.flatMap { side in items.map { rows[keys[SampleName(ItemName($0), side)].name]! } }
            let stacked = engine.stacked(ordered.map { $0.reshaped([1] + $0.shape) })
            tensors.append((prefix + name, stacked))
        }
        func gather<Value: RecordValue>(_ keys: RecordKeys<ItemName, Value>) -> [Value] {
            items.map { record[keys[ItemName($0)]]! }
        }
        func bySide(_ errors: [[Float]]) -> [Float] { sides.indices.flatMap { side in errors.map { $0[side] } } }
        add(prefix + "sq_model", bySide(gather(Entries.Loss.errors)))
        if record[Entries.Loss.referenceErrors[ItemName(items.lowerBound)]] != nil {
            add(prefix + "sq_ref", bySide(gather(Entries.Loss.referenceErrors)))
        }
        let losses = gather(Entries.Loss.items)
        add(prefix + "loss", [losses.reduce(0, +) / Float(losses.count)])
        let (differences, logits) = (gather(Entries.Loss.differences), gather(Entries.Loss.logits))
        switch hp.objective {
        case .smpo, .inpo, .dpo:
            let weights = record[Entries.Batch.weights]!
            layOutComparison(differences, logits, items.map { weights[$0] }, prefix)
        case .kto:
            add(prefix + "g", differences.map { -$0 })
            // U is σ of the logit.
            add(prefix + "h", logits.map(Elementary.sigmoid))
            if let anchor = record[Entries.Loss.anchor] { add(prefix + "kl", [anchor]) }
        case .mapo: add(prefix + "odds", differences)
        }
    }

    private func layOutComparison(
        _ difference: [Float], _ logits: [Float], _ coefficients: [Float], _ prefix: String
    ) {
        add(prefix + "diff", difference)
        add(prefix + "inside", logits)
        add(prefix + "coef", coefficients)
        if hp.objective == .smpo { add(prefix + "p", coefficients.map { ($0 / hp.label.gamma + 1) / 2 }) }
        let literal = zip(difference, coefficients).map { -(hp.beta * $1 * Float(elements)) * $0 }
        add(prefix + "seed_literal_inside", literal)
        add(prefix + "seed_literal_loss", [literal.map(LogSigmoid.negative).reduce(0, +) / Float(literal.count)])
    }

    private func layOutInversion(_ items: Range<Int>, _ prefix: String) {
        let own = moves.filter { $0.items == items }.map(\.step)
        let all = Array(0..<2 * items.count)
        if own.allSatisfy({ $0.rows == all }) {
            // Rows are winner and loser in turn; the cases have the winners first.
            let order = all.filter { $0 % 2 == 0 } + all.filter { $0 % 2 == 1 }
            layOutMoves(own, rows: order, prefix)
        } else {
            for pair in 0..<items.count { layOutMoves(own, rows: [2 * pair, 2 * pair + 1], prefix + "pair\(pair).") }
        }
    }

    private func layOutMoves(_ moves: [InversionStep], rows: [Int], _ prefix: String) {
        func pick(_ x: Tensor, _ available: [Int]) -> Tensor? {
            let places = rows.compactMap { available.firstIndex(of: $0) }
            guard places.count == rows.count else { return nil }
            return engine.stacked(places.map { x.slice($0..<$0 + 1) })
        }
        func add(_ name: String, _ index: Int, _ x: Tensor?) {
            guard let x else { return }
            tensors.append((prefix + "inv." + name + (index < 10 ? "0\(index)" : "\(index)"), x))
        }
        for (index, move) in moves.enumerated() {
            if index == 0 { add("x", 0, pick(move.start, move.rows)) }
            add("eps", index, pick(move.noise, move.rows))
            add("x", index + 1, pick(move.reached, move.rows))
            if let correction = move.correction {
                add("renoise_eps", index, pick(correction.noise, correction.rows))
                add("renoised", index + 1, pick(correction.reached, correction.rows))
            }
        }
    }
}
