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
    private var numbers: [String: [Float]] = [:]
    private var moves: [(items: Range<Int>, step: InversionStep)] = []
    private var weights: [Float] = []

    init(_ hp: ParityCase, items: Int, elements: Int, engine: Engine) {
        self.hp = hp
        self.items = items
        self.elements = elements
        self.engine = engine
    }

    func observe(_ phase: Phase, _ name: String, _ value: ObservedValue) {
        switch (phase, value) {
        case (.gradient, .tensor(let tensor)):
            gradients.append((String(name.dropFirst("unet/".count)), tensor.copy()))
        case (_, .tensor(let tensor)): samples[phase, default: [:]][name] = tensor
        case (.loss, .floats(let values)): numbers[name] = values
        case (.batch, .floats(let values)): weights = values
        default: break
        }
    }

    func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) { moves.append((items, step)) }

    /// Lays out everything seen: by micro-batch where the case accumulates, winners first.
    func finish() {
        let micro = min(hp.microPairs ?? items, items)
        for (index, start) in stride(from: 0, to: items, by: micro).enumerated() {
            let own = start..<min(items, start + micro)
            let prefix = micro < items ? "micro\(index)." : ""
            layOut(own, prefix)
            layOutInversion(own, prefix)
        }
    }

    private func add(_ name: String, _ values: [Float]) {
        tensors.append((name, Tensor(values, shape: [values.count])))
    }

    private func layOut(_ items: Range<Int>, _ prefix: String) {
        let names = [(Phase.inversion, "xt"), (.target, "target"), (.policy, "pred"), (.reference, "ref_pred")]
        for (phase, name) in names {
            guard let rows = samples[phase] else { continue }
            let sides = hp.objective == .kto ? [""] : [".winner", ".loser"]
            let ordered = sides.flatMap { side in items.map { rows[SampleNames.item($0) + side]! } }
            let stacked = engine.stacked(ordered.map { $0.reshaped([1] + $0.shape) })
            tensors.append((prefix + name, stacked))
        }
        func gather(_ suffix: String, _ side: Int = 0) -> [Float] {
            items.map { numbers[SampleNames.item($0) + suffix]![side] }
        }
        let isSingle = hp.objective == .kto
        add(prefix + "sq_model", gather(".errors") + (isSingle ? [] : gather(".errors", 1)))
        if numbers[SampleNames.item(items.lowerBound) + ".reference errors"] != nil {
            add(prefix + "sq_ref", gather(".reference errors") + (isSingle ? [] : gather(".reference errors", 1)))
        }
        let losses = gather("")
        add(prefix + "loss", [losses.reduce(0, +) / Float(losses.count)])
        switch hp.objective {
        case .smpo, .inpo, .dpo: layOutComparison(gather(".difference"), gather(".inside"), items, prefix)
        case .kto:
            add(prefix + "g", gather(".difference").map { -$0 })
            // U is σ of the logit.
            add(prefix + "h", gather(".inside").map(Elementary.sigmoid))
            if let kl = numbers["kl"] { add(prefix + "kl", kl) }
        case .mapo: add(prefix + "odds", gather(".difference"))
        }
    }

    private func layOutComparison(_ difference: [Float], _ inside: [Float], _ items: Range<Int>, _ prefix: String) {
        let coefficients = items.map { weights[$0] }
        add(prefix + "diff", difference)
        add(prefix + "inside", inside)
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
