import Compute
import Core
import Diffusion
import Ledger
import Preferences
import Testing
import TinyRuns

@testable import Training

/// The list of entries, held against what short runs of every kind write: nothing that the list lacks, and nothing in it
/// that no run writes.
@Suite struct VocabularyTests {
    /// A short run.
    struct Kind: Sendable, CustomStringConvertible {
        let objective: String
        var more = "", optimizer = "", training = ""
        /// On pictures of files, of which any part may be shown.
        var cropsAtRandom = false
        var isSDXL = false

        var description: String {
            [objective, more, optimizer, training, isSDXL ? "SDXL" : ""].filter { !$0.isEmpty }.joined(separator: "; ")
        }

        func recipe(_ runs: TinyRuns) throws -> String {
            objective.hasPrefix("pickscore")
                ? try runs.pickscore(steps: 2)
                : try runs.recipe(
                    "name: \(objective)", more: more, optimizer: optimizer, training: training,
                    model: isSDXL ? runs.sdxl() : nil)
        }

        var overrides: [String] {
            objective == "pickscore" || !objective.hasPrefix("pickscore")
                ? [] : ["objective.\(objective.dropFirst("pickscore, ".count))"]
        }
    }

    static let kinds: [Kind] = [
        Kind(objective: "smpo", cropsAtRandom: true),
        Kind(objective: "smpo"), Kind(objective: "smpo", more: "inversion: {steps: 3, renoise: every}"),
        // A grid so coarse that most pictures are not moved at all.
        Kind(objective: "smpo", more: "inversion: {grid: official-0.22, steps: 1}"),
        Kind(objective: "inpo", more: "inversion: {steps: 2}"), Kind(objective: "dpo"),
        Kind(objective: "dpo, loss: hinge"), Kind(objective: "dpo, loss: ipo"),
        Kind(objective: "kto"), Kind(objective: "kto, kl: classes"), Kind(objective: "kto, kl: mismatched"),
        Kind(objective: "mapo"), Kind(objective: "sft"), Kind(objective: "pickscore"),
        Kind(objective: "pickscore, contrastive=2"),
        Kind(objective: "sft", training: ", train_text_encoder: true, ema: 0.9"),
        Kind(objective: "dpo", more: "lora: {rank: 1, targets: [to_q]}", training: ", ema: 0.9"),
        Kind(objective: "dpo", optimizer: ", name: adafactor", training: ", reference_ema: 0.9"),
        Kind(objective: "mapo", optimizer: ", name: sgd"),
        Kind(objective: "kto", optimizer: ", name: sgd, momentum: 0.9"),
        Kind(objective: "dpo", optimizer: ", clip: 0.01", training: ", micro_pairs: 1, recompute: true"),
        Kind(objective: "smpo", more: "inversion: {steps: 2, guidance: 2}", isSDXL: true),
        Kind(objective: "kto, kl: mismatched", training: ", micro_pairs: 1", isSDXL: true),
        Kind(objective: "mapo", training: ", lanes: 2"), Kind(objective: "kto", training: ", lanes: 3, micro_pairs: 1"),
        Kind(objective: "sft", isSDXL: true),
        Kind(objective: "dpo", more: "lora: {rank: 1, targets: [to_q]}", isSDXL: true),
    ]

    /// Hands everything on to a builder, and keeps the tensors' axes.
    private final class Axes: StepObserver {
        let builder: TraceBuilder
        var counts: [String: Int] = [:]

        init(_ engine: Engine) { builder = TraceBuilder(keeps: [], engine: engine) }

        func observe(_ phase: Phase, _ entry: TraceEntry) { builder.observe(phase, entry) }

        func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) {
            counts["\(key.phase) \(key.name)"] = tensor.shape.count
            builder.observe(key, tensor)
        }

        func observeInversion(items: Range<Int>, move: Int, _ step: InversionStep) {
            builder.observeInversion(items: items, move: move, step)
        }
    }

    /// Whether runs of a recipe have what the condition is on; nil where a step decides.
    private func holds(_ condition: RecordEntry.Condition, _ recipe: Recipe) -> Bool? {
        let name = recipe.objective.name
        return switch condition {
        case .always: true
        case .denoising: name != "pickscore"
        case .scorer: name == "pickscore"
        case .reference: ["smpo", "inpo", "dpo", "kto"].contains(name)
        case .sizes:
            if case .fresh(let fresh) = recipe.model { fresh.textEncoder2 != nil } else { false }
        case .comparison: name != "sft"
        case .differences: !["sft", "pickscore"].contains(name)
        case .moves: ["smpo", "inpo"].contains(name) ? nil : false
        case .anchor: name == "kto"
        case .mismatchedAnchor: (recipe.objective.settings as? KTO.Settings)?.kl == .mismatched
        case .contrastive: (recipe.objective.settings as? PickScoreLoss.Settings)?.contrastive != nil
        case .adamW: recipe.optimizer.settings is AdamW.Settings
        case .adafactor: recipe.optimizer.settings is Adafactor.Settings
        case .optimizerState: (recipe.optimizer.settings as? SGD.Settings)?.momentum != 0
        case .movingReference: recipe.training.referenceEMA != nil
        case .average: recipe.training.ema != nil
        case .lanes: recipe.training.lanes > 1
        case .randomCrops: recipe.data.preparation.crop == .random
        }
    }

    private func count(_ value: TraceValue) -> Int? {
        switch value {
        case .digest: nil
        case .float32(let bits): bits.count
        case .float64(let bits): bits.count
        case .integers(let integers): integers.count
        case .text(let texts): texts.count
        case .tensors(let tensors): tensors.count
        }
    }

    /// Holds a run against the list; gives the places of the lines that it has.
    private func check(_ kind: Kind) throws -> Set<Int> {
        try RunSupport.withRuns { runs in
            let crops = kind.cropsAtRandom ? try PairFolders(runs) : nil
            let recipe = try crops.map { try runs.smpo(data: $0.path, steps: 2) } ?? kind.recipe(runs)
            let overrides = crops.map { $0.overrides + ["data.crop=random"] } ?? kind.overrides
            return try RunSupport.withSession(recipe, overrides) { session in
                let recipe = session.recipe
                var all: Set<Int> = []
                for _ in 1...recipe.training.steps {
                    let axes = Axes(session.trainer.model.engine)
                    _ = try session.step(observer: axes)
                    let trace = try axes.builder.finish(session.trainer)
                    let written = try check(trace, axes.counts, recipe)
                    for (place, line) in Entries.all.enumerated() {
                        guard let holds = holds(line.condition, recipe) else { continue }
                        #expect(written.contains(place) == holds, "\(kind): \(line.phase) \(line.name)")
                    }
                    all.formUnion(written)
                }
                return all
            }
        }
    }

    /// Every entry and tensor of a step is of one line of the list, as the line says.
    private func check(_ trace: StepTrace, _ axes: [String: Int], _ recipe: Recipe) throws -> Set<Int> {
        let record = trace.record
        let items = try #require(record[Entries.Batch.ids]).count
        let samples = ["sft", "kto"].contains(recipe.objective.name) ? 1 : 2
        var written: Set<Int> = []
        func line(_ phase: Phase, _ name: String, _ isTensor: Bool) throws -> RecordEntry {
            let places = Entries.all.indices.filter { place in
                let line = Entries.all[place]
                return line.phase == phase && (line.type == "tensor") == isTensor && line.matches(name)
                    && holds(line.condition, recipe) != false
            }
            try #require(places.count == 1, "\(phase) \(name): \(places.map { Entries.all[$0].name })")
            written.insert(places[0])
            return Entries.all[places[0]]
        }
        for phase in record.phases {
            for entry in phase.entries where entry.name != TraceEntry.tensorsName {
                let line = try line(phase.phase, entry.name, false)
                #expect(Entries.entry(phase.phase, entry.name)?.name == line.name)
                #expect(entry.json.kind == line.type, "\(entry.name)")
                let expected: Int? =
                    switch line.shape {
                    case .one: 1
                    case .two: 2
                    case .six: 6
                    case .items: items
                    case .samples: samples
                    case .allSamples: items * samples
                    case .twoAPicture: 2 * items * samples
                    case .digest, .tensor: nil
                    }
                #expect(count(entry.value) == expected, "\(entry.name)")
            }
            for name in trace.tensors[phase.phase]?.names ?? [] {
                let line = try line(phase.phase, name, true)
                guard let found = axes["\(phase.phase) \(name)"], case .tensor(let shape) = line.shape,
                    !(line.subject is ParameterName.Type)
                else { continue }
                #expect(found == shape.split(separator: ",").count, "\(name)")
            }
        }
        return written
    }

    /// Each run has the lines whose conditions it meets, and all runs together have all lines.
    @Test func runsWriteWhatTheListSays() throws {
        var written: Set<Int> = []
        for kind in Self.kinds { written.formUnion(try check(kind)) }
        #expect(Entries.all.indices.filter { !written.contains($0) }.map { Entries.all[$0].name } == [])
    }
}

extension JSONValue {
    /// The only member of an entry's JSON form, or what a digest is called.
    fileprivate var kind: String? {
        switch self {
        case .string: "digest"
        case .object(let object): object.members.count == 1 ? object.members[0].key : nil
        default: nil
        }
    }
}
