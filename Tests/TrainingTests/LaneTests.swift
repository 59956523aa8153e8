import Checkpoints
import Compute
import Core
import Foundation
import Ledger
import SeparateDevice
import Testing
import TinyRuns

@testable import Training

/// Steps whose gradients are summed in lanes.
@Suite struct LaneTests {
    /// A model of nothing but parameters.
    private final class Bare: TrainableModel {
        let engine: Engine
        let parameters: [(name: String, parameter: Parameter)]
        var weights: [(name: String, parameter: Parameter)] { parameters }

        init(_ engine: Engine, _ count: Int) {
            self.engine = engine
            let values = (0..<count).map { engine.tensor([Float](repeating: 0, count: $0 + 1), shape: [$0 + 1]) }
            parameters = values.enumerated().map { ("p\($0)", Parameter(name: "p\($0)", value: $1)) }
        }
    }

    /// The sum over the lanes `first ..< end` as RFC 9162 has its tree, written down once more.
    private func tree(_ values: [Float], _ first: Int, _ end: Int) -> Float {
        if end - first == 1 { return values[first] }
        var half = 1
        while 2 * half < end - first { half *= 2 }
        return tree(values, first, first + half) + tree(values, first + half, end)
    }

    /// The sum of lanes of one value each, computed in the runs that `borders` cut and then put together.
    private func sum(
        _ values: [Float], on engine: Engine, scratch: LaneScratch? = nil, borders: [Int] = []
    ) throws -> Float {
        let (model, tree) = (Bare(engine, 2), LaneTree(lanes: values.count))
        let ends = borders + [values.count]
        let parts = try zip([0] + borders, ends).map { first, end in
            let sums = LaneSums(tree, model, scratch: ends.count == 1 ? scratch : nil)
            for lane in first..<end {
                try sums.add(lane, nil) {
                    #expect(model.parameters.allSatisfy { $0.parameter.gradient == nil })
                    model.parameters[0].parameter.replaceGradient(with: engine.tensor([values[lane]], shape: [1]))
                }
                let waiting = tree.subtrees(of: first..<lane + 1)
                #expect(sums.sums.map(\.lanes) == (waiting == [tree.all] ? [] : waiting))
            }
            return sums
        }
        if ends.count > 1 {
            let whole = LaneSums(tree, model, scratch: scratch)
            for part in parts {
                #expect(part.sums.count >= 1)
                for sum in part.sums { try whole.add(sum) }
            }
            #expect(whole.sums.isEmpty)
        }
        #expect(model.parameters[1].parameter.gradient == nil)
        return try #require(model.parameters[0].parameter.gradient).floats[0]
    }

    /// 2⁶⁰ in one lane and −2⁶⁰ in another swallow the ones that are added before they meet: what is left counts the lanes
    /// outside the smallest subtree that has both.
    @Test(arguments: [2, 3, 5, 8]) func theOrderOfTheSumIsTheTree(lanes: Int) throws {
        for engine in [Engine(isa: .baseline), Engine()] {
            defer { engine.stop() }
            for i in 0..<lanes {
                for j in 0..<lanes where j != i {
                    var values = [Float](repeating: 1, count: lanes)
                    (values[i], values[j]) = (0x1p60, -0x1p60)
                    let outside = LaneTree(lanes: lanes).subtrees(of: 0..<lanes)
                    #expect(outside == [0..<lanes])
                    var (first, end) = (0, lanes)
                    while true {
                        var half = 1
                        while 2 * half < end - first { half *= 2 }
                        if max(i, j) < first + half {
                            end = first + half
                        } else if min(i, j) >= first + half {
                            first += half
                        } else {
                            break
                        }
                    }
                    let expected = Float(lanes - (end - first))
                    #expect(try sum(values, on: engine) == expected, "lanes \(i), \(j) of \(lanes)")
                }
            }
        }
    }

    /// Whoever computes which lanes, and wherever sums wait: one sum, which an ascending one would not be.
    @Test func theSumIsTheSameHoweverItIsDividedAndKept() throws {
        let engine = Engine()
        defer { engine.stop() }
        let device = Engine(device: SeparateDevice(engine.device))
        defer { device.stop() }
        var random = SystemRandomNumberGenerator()
        var ascends = true
        for lanes in 2...17 {
            let values = (0..<lanes).map { _ in Float.random(in: -1...1, using: &random) }
            let expected = tree(values, 0, lanes)
            ascends = ascends && values.dropFirst().reduce(values[0], +) == expected
            let scratch = try LaneScratch(in: NSTemporaryDirectory())
            #expect(try sum(values, on: engine) == expected)
            #expect(try sum(values, on: engine, scratch: scratch) == expected)
            #expect(try sum(values, on: device, scratch: scratch) == expected)
            #expect(scratch.end == 0)
            for border in 1..<lanes {
                #expect(try sum(values, on: engine, borders: [border]) == expected)
                #expect(try sum(values, on: device, scratch: scratch, borders: [border]) == expected)
                if border > 1 { #expect(try sum(values, on: engine, borders: [1, border]) == expected) }
            }
        }
        #expect(!ascends)
    }

    @Test func aFolderThatIsNotThereIsNamed() {
        let folder = NSTemporaryDirectory() + UUID().uuidString
        let error = #expect(throws: FileError.self) { try LaneScratch(in: folder) }
        #expect(error?.description == "\(folder): cannot make a file in: No such file or directory")
    }

    // MARK: Whole steps

    /// Eight pairs in lanes against steps on the lanes' pairs alone: a mean over fewer pairs is larger by a power of two,
    /// which leaves no other trace in what is linear; the rest is additions by loops.
    @Test(arguments: [1, 2, 4, 8]) func aStepIsTheTreeOverStepsOnTheLanesPairs(lanes: Int) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe("name: dpo")
            let overrides = ["training.pairs_per_step=8", "training.steps=1", "training.lanes=\(lanes)"]
            let observer = Roots()
            let whole = try RunSupport.withSession(recipe, overrides) { session in
                _ = try session.trainer.computeGradients(try session.batches.batch(1), observer: observer)
                return session.trainer.model.parameters.map { $0.parameter.gradient?.floats }
            }
            let alone = try (0..<lanes).map { lane in
                try RunSupport.withSession(recipe, ["training.pairs_per_step=8", "training.steps=1"]) { session in
                    let batch = try session.batches.batch(1)
                    let own = 8 / lanes * lane..<8 / lanes * (lane + 1)
                    guard case .encoded(let states) = batch.conditioning else { throw CancellationError() }
                    let part = TrainingBatch(
                        items: Array(batch.items[own]), x0: batch.x0.slice(2 * own.lowerBound..<2 * own.upperBound),
                        noise: batch.noise?.slice(2 * own.lowerBound..<2 * own.upperBound),
                        conditioning: .encoded(states.picked(Array(own), engine: session.trainer.model.engine)))
                    _ = try session.trainer.computeGradients(part)
                    return try session.trainer.model.parameters.map { entry in
                        let values = try #require(entry.parameter.gradient).floats.map { $0 / Float(lanes) }
                        return (entry.name, Tensor(values, shape: entry.parameter.value.shape))
                    }
                }
            }
            for (index, found) in whole.enumerated() {
                let parts = alone.map { $0[index].1.floats }
                let expected = parts[0].indices.map { place in tree(parts.map { $0[place] }, 0, lanes) }
                #expect(found?.map(\.bitPattern) == expected.map(\.bitPattern), "\(alone[0][index].0)")
            }
            let roots = try alone.enumerated().map { lane, tensors in
                ("lane \(lane + 1)", try weightsDigest(of: tensors))
            }
            #expect(observer.roots.map(\.0) == (lanes == 1 ? [] : roots.map(\.0)))
            #expect(observer.roots.map(\.1) == (lanes == 1 ? [] : roots.map(\.1)))
        }
    }

    /// Keeps the roots of lanes.
    private final class Roots: StepObserver {
        var roots: [(String, Digest)] = []

        func observe(_ phase: Phase, _ entry: TraceEntry) {
            if phase == .gradient, case .digest(let root) = entry.value { roots.append((entry.name, root)) }
        }

        func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) {}
    }

    @Test(arguments: [
        "name: smpo", "name: inpo", "name: dpo, loss: ipo", "name: mapo", "name: sft", "name: kto",
        "name: kto, kl: mismatched", "pickscore", "lora",
    ]) func theRecordsAreTheSameHoweverTheyAreComputed(kind: String) throws {
        try RunSupport.withRuns { runs in
            let inverts = ["name: smpo", "name: inpo"].contains(kind)
            let lora = kind == "lora" ? "lora: {rank: 2, targets: [to_q, conv2]}" : ""
            let recipe =
                try kind == "pickscore"
                ? runs.pickscore(training: ", lanes: 3")
                : runs.recipe(
                    kind == "lora" ? "name: dpo" : kind, more: inverts ? "inversion: {steps: 2}" : lora,
                    training: ", lanes: 3")
            let records = try RunSupport.recordsHoweverComputed(recipe)
            for record in records {
                let lanes = (1...3).map { record[Entries.Gradient.lanes[LaneName($0)]] }
                #expect(lanes.allSatisfy { $0 != nil } && Set(lanes).count == 3)
                #expect(record[Entries.Gradient.lanes[LaneName(4)]] == nil)
            }
            let plain = try RunSupport.withSession(recipe, ["training.lanes=1"]) { try RunSupport.records($0) }
            #expect(plain[0][.loss] == records[0][.loss] && plain[0][.policy] == records[0][.policy])
            #expect(plain[0][Entries.Gradient.lanes[LaneName(1)]] == nil)
        }
    }

    /// Sums that wait in a file come back as they were, and so do those on a device with a memory of its own.
    @Test func aFileChangesNoRecord() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(steps: 2)
            let overrides = ["training.pairs_per_step=5", "training.lanes=5"]
            let plain = try RunSupport.withSession(recipe, overrides) { try RunSupport.records($0) }
            let host = Engine()
            defer { host.stop() }
            let device = Engine(device: SeparateDevice(host.device))
            defer { device.stop() }
            for engine in [host, device] {
                for file in [false, true] {
                    let session = try TrainingSession(
                        recipe: Recipe.read(path: recipe, overrides: overrides), engine: engine, keepsLanesInFile: file)
                    #expect(try RunSupport.records(session) == plain)
                }
            }
        }
    }

    @Test func moreLanesThanPairsAreRefused() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo()
            func failure(_ path: String, _ overrides: [String]) -> String {
                do {
                    _ = try Recipe.read(path: path, overrides: overrides)
                    return "no error"
                } catch { return "\(error)" }
            }
            #expect(
                failure(recipe, ["training.lanes=3"])
                    == "--set training.lanes=3: key \"training.lanes\": expected at most training.pairs_per_step, 2, found 3"
            )
            #expect(failure(recipe, ["training.lanes=0"]).contains("expected an integer of at least 1"))
            #expect(failure(recipe, ["training.lanes=2"]) == "no error")
            #expect(
                failure(try runs.pickscore(), ["training.lanes=2", "objective.contrastive=1"])
                    .contains("training.lanes"))
        }
    }

    /// A recipe without the key, and one with 1, are what they were before there was one.
    @Test func oneLaneStandsInNoManifest() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo()
            let plain = try Recipe.read(path: recipe)
            #expect(try Recipe.read(path: recipe, overrides: ["training.lanes=1"]).json == plain.json)
            #expect(!plain.json.canonical.contains("\"lanes\""))
            let lanes = try Recipe.read(path: recipe, overrides: ["training.lanes=2"])
            #expect(lanes.json.canonical.contains("\"lanes\":2"))
            #expect(try Recipe(json: JSONCursor(lanes.json, name: "x")) == lanes)
        }
    }
}
