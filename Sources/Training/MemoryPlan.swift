import Compute
import Core
import Diffusion
import Preferences
import Ranks

/// What a run will take of memory, worked out before anything large is loaded, by running a step of the recipe on the
/// `ShapeDevice` (`StepFootprint`).
///
/// The fullest moment is one of three. In the first step's passes the policy and its reference still share their weights
/// and the optimiser's moments do not exist yet. At the end of the first update the moments are there and the reference
/// has its own weights, while the gradients have been let go one by one; where moments and reference take less than the
/// gradients did, the update is fullest at its beginning. In the passes of later steps all of them are
/// there together. A run that trains adapters has no weights of its own for the reference. Checkpoints and the trained
/// model are written tensor by tensor and add nothing. A run on pictures may make their latents before all that. A recipe's
/// reward model scores the pictures first of all, and is let go before the model is opened.
package struct MemoryPlan: Sendable, Equatable {
    /// What one purpose takes at each moment, in bytes.
    package struct Row: Sendable, Equatable {
        /// The purpose.
        package let name: String
        /// While the pictures are scored; 0 where the recipe has no reward model.
        package let scores: Int
        /// While latents are made of the pictures; 0 where none are.
        package let latents: Int
        /// In the passes of the first step.
        package let first: Int
        /// At the end of its update.
        package let update: Int
        /// In the passes of later steps.
        package let later: Int
    }

    /// What is taken for what.
    package let rows: [Row]
    /// Parameters of the model's components.
    package let parameters: [ParameterCount]
    /// Whether there are steps after the first.
    package let hasLaterSteps: Bool
    /// Whether a reward model scores the pictures, or is opened for the digest of scores that are there.
    package var makesScores: Bool { step.reward != nil }
    /// Whether latents are made of the pictures before the first step.
    package let makesLatents: Bool
    /// How often the gradients are held besides those at work: once to be recorded for a band, twice in an audit
    /// within one.
    package let gradientCopies: Int
    /// Bytes of the sums of lanes that wait for others while one is computed; 0 without lanes.
    package let laneSums: Int
    /// Whether these wait in a file. They come back a tensor at a time, between the passes, which take more.
    package let keepsLanesInFile: Bool
    /// How many ranks share the steps; the plan is that of the rank that takes most.
    package let ranks: Int
    /// What the rows were made of.
    let step: StepFootprint

    /// What the program takes without a model: code, libraries, the ledger's cache.
    private static let program = 48 << 20
    /// What the kernels of a worker pack and sum up in.
    private static let scratch = 4 << 20

    private static func program(workers: Int) -> Int { program + workers * scratch }

    /// The plan of a recipe, from its configurations and the headers of its weights alone.
    /// - Throws: `ConfigError`, `CheckpointError`, `FileError` or `TrainingError` for a model that cannot be opened or
    /// trained.
    /// - Parameters:
    ///   - makesLatents: whether the pictures' latents are yet to be made; nil where only the recipe says so.
    ///   - ranks: how many ranks share the steps.
    ///   - device: what computes. Of one that has a memory of its own that is planned, and not the host's.
    package init(
        _ recipe: Recipe, workers: Int, gradientCopies: Int = 0, makesLatents: Bool? = nil,
        keepsLanesInFile: Bool = false, ranks: Int = 1, on device: (any Device)? = nil
    ) throws {
        self.init(
            try StepFootprint(recipe, on: device), recipe, workers: workers, gradientCopies: gradientCopies,
            makesLatents: makesLatents ?? recipe.mayMakeLatents, keepsLanesInFile: keepsLanesInFile, ranks: ranks)
    }

    /// The plan of a recipe whose step is known; that of another recipe holds if it differs in numbers of items alone.
    init(
        _ step: StepFootprint, _ recipe: Recipe, workers: Int, gradientCopies: Int, makesLatents: Bool,
        keepsLanesInFile: Bool = false, ranks: Int = 1
    ) {
        let making = makesLatents ? step.latents : nil
        let training = recipe.training
        // More than any machine holds; what is above it need not be told apart.
        let items = min(training.pairsPerStep, 1 << 32)
        let tree = LaneTree(lanes: training.lanes)
        let lane = items / tree.lanes + (items % tree.lanes == 0 ? 0 : 1)
        let micro = min(lane, training.microPairs ?? lane)
        let activations = MemoryPlan.times(step.passes, micro)
        let kept = min(MemoryPlan.times(step.kept, micro), activations)

        var rows: [Row] = []
        func add(_ name: String, _ first: Int, _ update: Int, _ later: Int, latents: Int = 0, scores: Int = 0) {
            if max(first, update, later, latents, scores) > 0 {
                rows.append(
                    Row(
                        name: name, scores: step.reward == nil ? 0 : scores, latents: making == nil ? 0 : latents,
                        first: first, update: update, later: later))
            }
        }
        if let reward = step.reward {
            // Pictures of files are decoded as they are, and most are not much larger than what is trained on.
            let edge = max(reward.edge, recipe.data.size)
            add("reward model (\(reward.storage))", 0, 0, 0, scores: reward.weights)
            add(
                "pictures and captions scored at once", 0, 0, 0,
                scores: reward.passes + MemoryPlan.times(3 * edge * edge, RewardFootprint.pictures))
        }
        for weights in step.weights {
            add(weights.name, weights.bytes, weights.bytes, weights.bytes, latents: weights.bytes)
            add("adapters", weights.adapters, weights.adapters, weights.adapters, latents: weights.adapters)
            if weights.isPolicy { add("reference weights (shared until the update)", 0, step.copies, step.copies) }
        }
        let trained = step.trained
        let division = LaneDivision(lanes: tree.lanes, ranks: ranks)
        let state = MemoryPlan.share(step.state, step, among: ranks)
        add("gradients", trained, max(0, trained - state - step.copies), trained)
        laneSums = MemoryPlan.times(trained, ranks == 1 ? tree.mostWaiting : division.mostWaiting)
        self.keepsLanesInFile = keepsLanesInFile && laneSums > 0
        if !self.keepsLanesInFile { add("sums of lanes that wait", laneSums, 0, laneSums) }
        add(recipe.optimizer.settings.stateName, 0, state, state)
        if ranks > 1 {
            // Between the passes and the update: sums of lanes in pieces, what arrives and what is on its way, and their total.
            let pieces = MemoryPlan.times(3 * min(GradientExchange.usualPiece, trained), division.subtrees.count)
            add("sums that go between ranks", 0, pieces + MemoryPlan.share(trained, step, among: ranks), 0)
        }
        if step.planned == nil { add("update of the largest tensor", 0, step.updateWork, 0) }
        // A device's are copied to the host.
        let copies = step.planned == nil ? gradientCopies * trained : 0
        add(
            recipe.record.gradients ? "gradients kept" : "gradients kept for the band", gradientCopies > 1 ? copies : 0,
            copies, copies)
        add("averaged weights", step.averaged, step.averaged, step.averaged)
        add("activations kept for the gradient", kept, 0, kept)
        add("activations of the block at work", activations - kept, 0, activations - kept)
        if let making { add("a picture or a caption encoded, a file's rows", 0, 0, 0, latents: making.most) }
        let batch = MemoryPlan.batch(step, recipe, items)
        add(recipe.objective.kind.trainsScorer ? "batch" : "batch and recorded latents", batch, batch, batch)
        if recipe.backend == .openblas { add("matrices laid out for OpenBLAS", step.passWork, 0, step.passWork) }
        if step.planned != nil { add("scratch of the kernels", step.passWork, step.updateWork, step.passWork) }
        let program = step.planned == nil ? MemoryPlan.program(workers: workers) : 0
        add("program and scratch", program, program, program, latents: program, scores: program)
        self.rows = rows
        self.makesLatents = making != nil
        self.step = step
        self.gradientCopies = gradientCopies
        self.ranks = ranks
        parameters = step.parameters
        hasLaterSteps = training.steps > 1
    }

    /// The most that a rank has of `bytes`, which go by whole parameters.
    private static func share(_ bytes: Int, _ step: StepFootprint, among ranks: Int) -> Int {
        guard ranks > 1, step.trained > 0 else { return bytes }
        let largest = Double(bytes) * Double(step.largest) / Double(step.trained)
        return min(bytes, bytes / ranks + Int(largest))
    }

    /// Pictures of the step, their noise or what a scorer makes of them, and what is recorded of them: inverted latents are
    /// kept and then copied into one object; the captions, encoded a few at a time and then put together; and for CLIP's own
    /// loss, which holds every picture against every caption, the cosine of each and its pull from either side.
    private static func batch(_ step: StepFootprint, _ recipe: Recipe, _ items: Int) -> Int {
        let pictures = 2 + (recipe.record.latents && step.inverts ? 2 : 0)
        let atOnce = DiffusionModel.captionsAtOnce
        let captions = max(
            times(step.caption.result, items) + min(items, atOnce) * step.caption.work,
            items > atOnce ? times(2 * step.caption.result, items) : 0)
        let pair =
            2 * MemoryLayout<CosinePull>.stride + MemoryLayout<CosineSimilarity>.stride
            + MemoryLayout<CosinePair>.stride
        let cosines = recipe.objective.contrastive == nil ? 0 : times(times(pair, items), items)
        return times(step.pictures * pictures, items) + captions + cosines
    }

    /// A recipe may ask for more than can be counted: then it is far too much in any case.
    private static func times(_ bytes: Int, _ count: Int) -> Int {
        let (product, overflow) = bytes.multipliedReportingOverflow(by: count)
        return overflow ? Int.max >> 6 : min(product, Int.max >> 6)
    }

    /// Bytes while pictures are scored, while latents are made, in the passes of the first step, at the end of its update, and in the passes of later steps.
    package var totals: (scores: Int, latents: Int, first: Int, update: Int, later: Int) {
        rows.reduce((0, 0, 0, 0, 0)) {
            ($0.0 + $1.scores, $0.1 + $1.latents, $0.2 + $1.first, $0.3 + $1.update, $0.4 + $1.later)
        }
    }

    /// Bytes at the fullest moment.
    package var total: Int {
        let totals = totals
        return max(totals.scores, totals.latents, totals.first, totals.update, hasLaterSteps ? totals.later : 0)
    }

    /// The plan itself where it fits into `machine`; else, of a run with several lanes, that with their sums in a file.
    package func fitted(to machine: MachineMemory?, _ recipe: Recipe, workers: Int) -> MemoryPlan {
        guard let machine, total > machine.available, laneSums > 0 else { return self }
        return MemoryPlan(
            step, recipe, workers: workers, gradientCopies: gradientCopies, makesLatents: makesLatents,
            keepsLanesInFile: true, ranks: ranks)
    }

    /// Bytes that so many processes take that make latents and nothing else, each with `workers`; nil where there are none to
    /// make. The network is not read; what is mapped of the others is there once.
    package func latentsAlone(processes: Int, workers: Int) -> Int? {
        step.latents.map { latents in
            let weights = step.weights.filter { !$0.isPolicy }.reduce(0) {
                $0 + ($1.isMapped ? $1.bytes : MemoryPlan.times($1.bytes, processes))
            }
            return weights + MemoryPlan.times(latents.most + MemoryPlan.program(workers: workers), processes)
        }
    }

    /// Equal rows.
    package static func == (a: MemoryPlan, b: MemoryPlan) -> Bool {
        a.rows == b.rows && a.parameters == b.parameters && a.hasLaterSteps == b.hasLaterSteps
            && a.makesLatents == b.makesLatents && a.laneSums == b.laneSums
            && a.keepsLanesInFile == b.keepsLanesInFile
    }
}
