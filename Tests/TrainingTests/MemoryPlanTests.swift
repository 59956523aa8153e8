import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Pages
import Preferences
import SeparateDevice
import Testing
import TinyRuns

@testable import Training

/// Plans of memory from configurations alone. `EndToEndTests/PeakMemoryTests` holds them against what processes took.
@Suite struct MemoryPlanTests {
    private static let manifests = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Manifests"
    ).standardized.path

    /// SD 1.5 with new weights; no weights or data need to exist.
    private func sd15(_ changes: (inout Recipe) -> Void = { _ in }) throws -> Recipe {
        let models = "\(Self.manifests)/models/sd15"
        var recipe = try Recipe.read(path: "\(Self.manifests)/recipes/sd15-step.yaml")
        recipe.model = .fresh(
            Recipe.Model.Fresh(
                unet: "\(models)/unet.json", textEncoder: "\(models)/text_encoder.json",
                scheduler: "\(models)/scheduler.json", tokenizer: .shapes, initSeed: 1))
        changes(&recipe)
        return recipe
    }

    private func row(_ name: String, _ plan: MemoryPlan) throws -> MemoryPlan.Row {
        try #require(plan.rows.first { $0.name.hasPrefix(name) }, "\(plan.rows.map(\.name))")
    }

    @Test func weightsGradientsAndMomentsAreCounted() throws {
        let plan = try MemoryPlan(sd15 { $0.training.steps = 5 }, workers: 2)
        let weights = 4 * 859_520_964
        #expect(plan.parameters.map(\.count) == [859_520_964, 123_060_480])
        for (name, sizes) in [
            ("policy weights", (weights, weights, weights)), ("reference weights", (0, weights, weights)),
            ("text encoder", (4 * 123_060_480, 4 * 123_060_480, 4 * 123_060_480)), ("gradients", (weights, 0, weights)),
            ("AdamW moments", (0, 2 * weights, 2 * weights)),
        ] {
            let row = try row(name, plan)
            #expect((row.first, row.update, row.later) == sizes, "\(name)")
        }
        #expect(plan.total == plan.totals.later && plan.totals.later > plan.totals.update)
        // The step that the recipe is for fits into 24 GiB, and so do many of them.
        #expect(plan.total < 20 << 30)
        let one = try MemoryPlan(sd15(), workers: 2)
        #expect(!one.hasLaterSteps && one.total == max(one.totals.first, one.totals.update) && one.total < 15 << 30)
        let averaged = try MemoryPlan(sd15 { $0.training.ema = 0.9 }, workers: 2)
        #expect(averaged.total == one.total + weights)
    }

    /// A device's memory holds all weights, whether their file is mapped or not, and no program; SD1.5 is trained in 24 GiB
    /// with blocks run again.
    @Test func aDevicesMemoryIsPlanned() throws {
        let host = Engine()
        defer { host.stop() }
        let device = SeparateDevice(host.device, freeMemory: 20 << 30)
        let engine = Engine(device: device)
        defer { engine.stop() }
        let large = try sd15 {
            $0.training.steps = 5
            $0.training.pairsPerStep = 16
            $0.training.microPairs = nil
            $0.training.recompute = false
        }
        let recomputing = try sd15 {
            $0.training.steps = 5
            $0.training.recompute = true
        }
        let plan = try MemoryPlan(recomputing, workers: 2, on: device)
        let ofHost = try MemoryPlan(recomputing, workers: 2)
        #expect(plan.total < 24 << 30 && plan.total > 5 * 4 * 859_520_964)
        #expect(plan.rows.contains { $0.name == "policy weights" })
        #expect(!plan.rows.contains { $0.name.hasPrefix("program") })
        #expect(abs(plan.total - ofHost.total) < 100 << 20)
        let machine = try #require(MachineMemory.read(for: engine))
        #expect(machine.available == 20 << 30 && machine.limit.hasPrefix("the memory of "))
        let shortage = try #require(throws: MemoryShortage.self) {
            try MemoryPlan(large, workers: 2, on: device).requireFits(machine, large, workers: 2)
        }
        #expect(!shortage.alternatives.isEmpty, "\(shortage)")
        for alternative in shortage.alternatives { #expect(alternative.total <= machine.available) }
    }

    @Test func activationsFollowTheMicroBatch() throws {
        func activations(_ change: (inout Recipe) -> Void) throws -> Int {
            let plan = try MemoryPlan(
                sd15 {
                    $0.training.pairsPerStep = 8
                    change(&$0)
                }, workers: 2)
            return plan.rows.filter { $0.name.hasPrefix("activations") }.reduce(0) { $0 + $1.first }
        }
        let one = try activations { $0.training.microPairs = 1 }
        #expect(try activations { $0.training.microPairs = 4 } == 4 * one)
        #expect(try activations { $0.training.microPairs = nil } == 8 * one)
        #expect(try activations { $0.training.microPairs = 100 } == 8 * one)
        let kept = try activations {
            $0.training.microPairs = 1
            $0.training.recompute = false
        }
        #expect(kept > 3 * one)
        // Four times the positions, four times the activations, but for the padding.
        let large = try activations {
            $0.training.microPairs = 1
            $0.data.size = 128
        }
        #expect((3.8...4).contains(Double(large) / Double(one)))
    }

    /// OpenBLAS has the patches of a picture laid out beside it, or the weight of a gradient's convolution.
    @Test func openBLASNeedsMatrices() throws {
        let plain = try MemoryPlan(sd15(), workers: 2)
        let plan = try MemoryPlan(sd15 { $0.backend = .openblas }, workers: 2)
        // 960 channels of 64 × 64 positions in 9 taps; the largest weight, 2560 × 1280 of 9 taps, meets few positions.
        let expected = 4 * 960 * 64 * 64 * 9
        #expect(try row("matrices laid out", plan).first == expected)
        #expect(plan.totals.first == plain.totals.first + expected && plan.totals.update == plain.totals.update)
    }

    /// A run on pictures makes their latents before its first step, beside nothing but the weights.
    @Test func latentsAreMadeBeforeTheFirstStep() throws {
        func plan(_ change: (inout Recipe) -> Void = { _ in }) throws -> MemoryPlan {
            try MemoryPlan(
                sd15 {
                    guard case .fresh(var fresh) = $0.model else { return }
                    fresh.vae = "\(Self.manifests)/models/sd15/vae.json"
                    $0.model = .fresh(fresh)
                    $0.data = Recipe.Data(source: .shapes(pairs: 4, seed: 1), size: 512)
                    change(&$0)
                }, workers: 2)
        }
        let plain = try plan()
        #expect(plain.makesLatents && plain.parameters.map(\.count) == [859_520_964, 123_060_480, 83_653_863])
        let all = 4 * plain.parameters.reduce(0) { $0 + $1.count }
        let making = try row("a picture or a caption encoded", plain)
        #expect(making.first == 0 && making.update == 0 && making.later == 0)
        #expect(plain.totals.latents == all + making.latents + (try row("program", plain)).first)
        #expect(try row("gradients", plain).latents == 0 && row("reference weights", plain).latents == 0)
        // Three activations of 128 channels at full size, 384 MiB, and what is less; files of rows are tens of MiB.
        #expect((350 << 20..<700 << 20).contains(making.latents), "\(making.latents >> 20) MiB")
        // Of large pictures and adapters alone the making takes most.
        func adapters(_ size: Int) throws -> MemoryPlan {
            try plan {
                $0.data = Recipe.Data(source: .shapes(pairs: 4, seed: 1), size: size)
                $0.lora = AdapterRecipe(rank: 1, alpha: 1, targets: ["to_q"], seed: 1)
                $0.training.recompute = true
            }
        }
        let (small, large) = (try adapters(512), try adapters(1024))
        #expect(try row("a picture", large).latents > 3 * row("a picture", small).latents)
        #expect(try row("a picture", small).latents == making.latents)

        // A set that is there is not made.
        let folder = NSTemporaryDirectory() + "plan-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileContents.makeFolder(folder)
        let named = try plan { $0.data.latents.folder = folder }
        #expect(named == plain)
        try AtomicFile.write("{}", to: "\(folder)/latents.json")
        let there = try plan { $0.data.latents.folder = folder }
        #expect(!there.makesLatents && there.totals.latents == 0 && there.totals.first == plain.totals.first)
        #expect(try MemoryPlan(sd15(), workers: 2).makesLatents == false)

        // Processes that encode alone do not read the network.
        let alone = try #require(plain.latentsAlone(processes: 1, workers: 2))
        #expect(alone == plain.totals.latents - 4 * 859_520_964)
        #expect(try #require(plain.latentsAlone(processes: 3, workers: 2)) == 3 * alone)
    }

    /// The reward model of a recipe is there before the model that is trained, and not with it.
    @Test func scoringIsAMomentOfItsOwn() throws {
        let model = "\(Self.manifests)/../Tests/PreferencesTests/Fixtures/hpsv2"
        func plan(_ change: (inout Recipe) -> Void = { _ in }) throws -> MemoryPlan {
            try MemoryPlan(
                sd15 {
                    $0.reward = Recipe.Reward()
                    $0.reward?.kind = HPSv2.kind
                    $0.reward?.files = RewardFiles(model)
                    change(&$0)
                }, workers: 2)
        }
        let (plain, scored) = (try MemoryPlan(sd15(), workers: 2), try plan())
        #expect(!plain.makesScores && plain.totals.scores == 0 && scored.makesScores)
        #expect(scored.totals.first == plain.totals.first && scored.totals.update == plain.totals.update)
        #expect(scored.total == plain.total && scored.totals.later == plain.totals.later)
        let footprint = try HPSv2.kind.footprint(RewardFiles(model))
        let weights = try row("reward model (mapped from the file)", scored)
        #expect(
            weights.scores == footprint.weights && weights.first == 0 && weights.update == 0 && weights.latents == 0)
        let pictures = try row("pictures and captions scored", scored)
        #expect(pictures.scores == footprint.passes + 32 * 3 * 64 * 64)
        #expect(scored.totals.scores == weights.scores + pictures.scores + (try row("program", scored)).scores)
        #expect(try row("policy weights", scored).scores == 0)

        // Scores of very large pictures by a small model take more than its training.
        let recipe = try sd15 {
            $0.reward = Recipe.Reward()
            $0.reward?.kind = HPSv2.kind
            $0.reward?.files = RewardFiles(model)
            $0.data.size = 1 << 14
        }
        let large = try MemoryPlan(recipe, workers: 2)
        let machine = MachineMemory(available: large.totals.scores - 1, limit: "MemAvailable")
        let shortage = try #require(throws: MemoryShortage.self) { try large.requireFits(machine, recipe, workers: 2) }
        #expect(shortage.description.contains("smpo label"), "\(shortage)")
    }

    /// Where the making of latents is too much, no setting of the training helps.
    @Test func aMachineThatCannotEncodeIsToldSo() throws {
        let recipe = try sd15 {
            guard case .fresh(var fresh) = $0.model else { return }
            fresh.vae = "\(Self.manifests)/models/sd15/vae.json"
            $0.model = .fresh(fresh)
            $0.data = Recipe.Data(source: .shapes(pairs: 4, seed: 1), size: 512)
        }
        let plan = try MemoryPlan(recipe, workers: 2)
        let machine = MachineMemory(available: plan.totals.latents - 1, limit: "MemAvailable")
        let shortage = try #require(throws: MemoryShortage.self) {
            try plan.requireFits(machine, recipe, workers: 2)
        }
        #expect(shortage.description.contains("smpo data encode") && shortage.description.contains("data.latent_set"))
    }

    /// The largest numbers that a recipe may hold are no trap.
    @Test func noNumberIsTooLarge() throws {
        let plan = try MemoryPlan(
            sd15 {
                $0.training.pairsPerStep = Int.max
                $0.data.size = 1024
                $0.training.steps = Int.max
            }, workers: 256)
        #expect(plan.total > 1 << 50)
    }

    /// The objective `sft` has no reference and one picture an item; a trained text encoder has gradients and moments.
    @Test func otherRunsAreCountedToo() throws {
        try RunSupport.withRuns { runs in
            let smpo = try MemoryPlan(Recipe.read(path: try runs.smpo()), workers: 1)
            let base = try MemoryPlan(Recipe.read(path: try runs.base()), workers: 1)
            #expect(try row("reference weights", smpo).later == 4 * smpo.parameters[0].count)
            #expect(!base.rows.contains { $0.name.hasPrefix("reference") })
            let all = base.parameters.reduce(0) { $0 + $1.count }
            #expect(base.parameters.map(\.name) == ["unet", "text_encoder"])
            #expect(try row("averaged weights", base).first == 4 * all)
            #expect(try row("AdamW moments", base).update == 8 * all)
        }
    }

    /// A rank keeps its share of the moments, and fewer sums of lanes; those that it sends and gets come to it.
    @Test func ranksShareWhatIsKept() throws {
        let recipe = try sd15 {
            $0.training.pairsPerStep = 16
            $0.training.lanes = 8
        }
        let alone = try MemoryPlan(recipe, workers: 2)
        let moments = try row("AdamW moments", alone).later
        for ranks in [2, 4, 8] {
            let plan = try MemoryPlan(recipe, workers: 2, ranks: ranks)
            let own = try row("AdamW moments", plan).later
            #expect(own >= moments / ranks && own < moments / ranks + moments / 20)
            // 8 lanes alone: three sums wait; four of them: two; two: one; one: none.
            #expect(plan.laneSums == alone.laneSums / 3 * [2: 2, 4: 1, 8: 0][ranks]!)
            #expect(try row("sums that go between ranks", plan).update > 0)
            #expect(plan.total < alone.total)
        }
        #expect(!alone.rows.contains { $0.name.contains("between ranks") })
    }

    /// Adafactor keeps rows and columns instead of squares, plain descent nothing; without a reference the gradients that
    /// are still there when the update begins are then the most.
    @Test func otherOptimizersAreCounted() throws {
        let whole = 4 * (try MemoryPlan(sd15(), workers: 2)).parameters[0].count
        let factored = try MemoryPlan(
            sd15 { $0.optimizer.settings = Adafactor.Settings() }, workers: 2)
        let moments = try row("Adafactor moments", factored)
        #expect(moments.first == 0 && moments.update == moments.later)
        // 3×3 kernels, most of the network, keep two thirds, matrices next to nothing.
        #expect(moments.later > whole / 3 && moments.later < whole * 2 / 3)
        #expect(try row("gradients", factored).update == 0)
        // The largest tensor, [1280, 2560, 3, 3]: its update. Small matrices have no factors beside it.
        #expect(try row("update of the largest tensor", factored).update == 4 * 1280 * 2560 * 9)
        let plain = try MemoryPlan(
            sd15 {
                $0.optimizer.settings = SGD.Settings()
                $0.objective = Recipe.Objective(SupervisedFineTuning.kind)
            }, workers: 2)
        #expect(!plain.rows.contains { $0.name.hasPrefix("SGD") })
        #expect(try row("gradients", plain).update == whole)
        let heavy = try MemoryPlan(sd15 { $0.optimizer.settings = SGD.Settings(momentum: 0.9) }, workers: 2)
        #expect(try row("SGD momentum", heavy).later == whole)
    }

    @Test func theMachineHasToHoldIt() throws {
        let recipe = try sd15 {
            $0.training.steps = 5
            $0.training.pairsPerStep = 64
            $0.training.microPairs = nil
            $0.training.recompute = false
            $0.training.ema = 0.9
        }
        let plan = try MemoryPlan(recipe, workers: 2)
        func shortage(_ gibibytes: Int, _ recipe: Recipe = recipe) -> MemoryShortage? {
            let machine = MachineMemory(available: gibibytes << 30, limit: "MemAvailable")
            do {
                try MemoryPlan(recipe, workers: 2).requireFits(machine, recipe, workers: 2)
                return nil
            } catch {
                return error as? MemoryShortage
            }
        }
        #expect(shortage(1000) == nil)
        try plan.requireFits(nil, recipe, workers: 2)

        let some = try #require(shortage(31))
        #expect(
            some.alternatives.map(\.change) == [
                "--set training.micro_pairs=2", "--set training.recompute=true --set training.micro_pairs=16",
            ])
        #expect(some.alternatives.allSatisfy { $0.total <= 31 << 30 && $0.keepsBits })
        #expect(some.description.contains("more than the 31.0 GiB that MemAvailable leaves; it would fit with --set "))

        // 20 GiB hold it without the average only.
        let little = try #require(shortage(20))
        #expect(
            little.alternatives.map(\.change) == [
                "--set training.recompute=true --set training.ema=null --set training.micro_pairs=4"
            ])
        #expect(little.description.contains("another run"))

        let least = try #require(shortage(8))
        #expect(least.alternatives.isEmpty)
        #expect(least.description.contains("no setting helps: without any activations it would still take 19"))

        // What an alternative promises is true.
        for alternative in some.alternatives {
            let overrides = alternative.change.split(separator: " ").filter { $0 != "--set" }.map(String.init)
            let yaml = recipe.yaml
            let changed = try Recipe.parse(yaml, file: "x.yaml", overrides: overrides)
            #expect(try MemoryPlan(changed, workers: 2).total == alternative.total)
            #expect(shortage(31, changed) == nil)
        }
    }

    @Test func sizesAreShort() {
        for (bytes, text) in [
            (0, "0"), (1, "1 KiB"), (5 << 20, "5 MiB"), ((1 << 30) - 1, "1023 MiB"), (1 << 30, "1.0 GiB"),
            ((35 << 30) / 2, "17.5 GiB"), (100 << 30, "100.0 GiB"),
        ] { #expect(MemorySize(bytes).description == text) }
    }

    /// What kernel and control groups say, in both versions' words.
    @Test func theLeastLimitCounts() throws {
        let root = NSTemporaryDirectory() + "machine-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        func write(_ path: String, _ text: String) throws {
            try FileContents.makeFolder(root + path.prefix(upTo: try #require(path.lastIndex(of: "/"))))
            try AtomicFile.write(text, to: root + path)
        }
        #expect(MachineMemory.read(root: root) == nil)
        try write("/proc/meminfo", "MemTotal:  1000 kB\nMemAvailable:     800 kB\n")
        #expect(MachineMemory.read(root: root) == MachineMemory(available: 800 << 10, limit: "MemAvailable"))

        // Version 2: the group has no limit of its own, the one above it has; the cache of files can be given back.
        try write("/proc/self/cgroup", "0::/a/b\n")
        let group = "/sys/fs/cgroup/a"
        try write("\(group)/b/memory.max", "max\n")
        try write("\(group)/b/memory.current", "5000\n")
        #expect(MachineMemory.read(root: root)?.limit == "MemAvailable")
        try write("\(group)/memory.max", "300000\n")
        try write("\(group)/memory.current", "200000\n")
        try write("\(group)/memory.stat", "anon 100000\nfile 100000\ninactive_file 30000\nactive_file 20000\n")
        let second = try #require(MachineMemory.read(root: root))
        #expect(second == MachineMemory(available: 150_000, limit: "the control group's memory.max"))

        // Version 1, seen from inside a container: the host's path is not there, the mount's own limit is.
        try write("/proc/self/cgroup", "4:memory,cpu:/docker/x\n1:name=systemd:/\n")
        try write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "100000\n")
        try write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "70000\n")
        try write("/sys/fs/cgroup/memory/memory.stat", "total_inactive_file 5000\ntotal_active_file 5000\n")
        let first = try #require(MachineMemory.read(root: root))
        #expect(first == MachineMemory(available: 40_000, limit: "the control group's memory.limit_in_bytes"))
    }

    @Test func thisProcessHasAPeak() throws {
        let peak = try #require(MachineMemory.peak())
        #expect(peak > 1 << 20)
        #expect(try #require(MachineMemory.read()).available > 0)
    }

    /// A peak of 256 MiB that is over does not count any more after a reset.
    @Test func peakBeginsAnew() throws {
        let count = 256 << 20
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4096)
        memset(bytes, 1, count)
        bytes.deallocate()
        let before = try #require(MachineMemory.peak())
        guard MachineMemory.resetPeak() else { return }
        #expect(try #require(MachineMemory.peak()) < before)
    }
}
