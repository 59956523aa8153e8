import ArgumentParser
import Audit
import Compute
import Core
import Ledger
import Training

/// `smpo calibrate`
struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Measure how far OpenBLAS's kernels and the reference lie apart; make a band of it.",
        discussion: """
            A run on OpenBLAS has the bits of one machine. It can be audited
            elsewhere all the same if it was recorded with a band: how far its
            gradients, latents and losses may lie from those of a replay.

            The first steps of the recipe are recorded here. Processes with other
            kernels of the library (OPENBLAS_CORETYPE), other numbers of threads,
            and the reference backend replay each of them from recorded state.
            A bound is the quantile of the distances times the margin: of latents,
            of errors, of losses, and of gradients, of which each has its own
            where it is wider than that of all. The floor is 2^-24 (relative L2),
            1 ULP. Kernels that the library does not know, or that
            give the same bits as others, are named and not counted.

            The band holds for this recipe, model, data and configuration:
            `smpo train --record --band FILE` puts it into the manifest. Wider is
            not safer: the audit says which tamperings the band would let through.

            Stopped by Control-C, it keeps what is recorded and measured in
            .smpo/calibration-*; the same command goes on from there.

            EXAMPLES
              smpo calibrate Manifests/recipes/shapes-smpo.yaml --set backend=openblas -o band.json
              smpo calibrate recipe.yaml -o band.json --steps 12 --core-types Haswell,Nehalem --threads 1,2,4
              smpo train Manifests/recipes/shapes-smpo.yaml --set backend=openblas --record --band band.json

            \(ExitStatus.help([.success, .trouble, .tampered, .usage, .interrupted]))
            """,
        subcommands: [Make.self, Measure.self], defaultSubcommand: Make.self)

    /// `smpo calibrate RECIPE`
    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a band (the default).",
            discussion: ExitStatus.help([.success, .trouble, .tampered, .usage, .interrupted]))

        @Argument(help: "Recipe, YAML, with backend: openblas.")
        var recipe: String

        @Option(name: [.customShort("o"), .long], help: "File to write.")
        var out: String

        @Option(name: .customLong("set"), help: "Override a value of the recipe: KEY.PATH=VALUE. Repeatable.")
        var overrides: [String] = []

        @Option(help: "Steps to record and replay (default: 6 after the first one that changes the weights).")
        var steps: Int?

        @Option(help: "Kernels of OpenBLAS to measure besides those that it chooses, separated by commas.")
        var coreTypes = CalibrateCommand.coreTypes

        @Option(help: "Numbers of threads to measure, separated by commas.")
        var threads = "1,2"

        @Option(help: "Share of the distances that a bound covers before the margin, above 0 to 1.")
        var quantile = 1.0

        @Option(help: "Factor on the quantile, from 1.")
        var margin = 10.0

        @Flag(help: "Print the band as JSON.")
        var json = false

        @OptionGroup var engineOptions: EngineOptions

        private var cores: [String] { coreTypes.split(separator: ",").map(String.init) }
        private var threadCounts: [Int?] { threads.split(separator: ",").map { Int($0) } }

        func validate() throws {
            if let steps, steps < 1 { throw ValidationError("--steps: expected 1 or more, found \(steps)") }
            if !(quantile > 0 && quantile <= 1) {
                throw ValidationError("--quantile: expected above 0 to 1, found \(quantile)")
            }
            if !(margin >= 1 && margin.isFinite) {
                throw ValidationError("--margin: expected a number from 1, found \(margin)")
            }
            if threadCounts.isEmpty || threadCounts.contains(where: { !(1...256 ~= $0 ?? 0) }) {
                throw ValidationError("--threads: expected numbers from 1 to 256, found \"\(threads)\"")
            }
            if let core = cores.first(where: { $0.wholeMatch(of: /[A-Za-z0-9_]+/) == nil }) {
                throw ValidationError("--core-types: expected names of kernels, found \"\(core)\"")
            }
        }

        func run() throws {
            try OutputFile("-o", out).require(sparing: [recipe], Workspace())
            let engine = try engineOptions.engine()
            defer { engine.stop() }
            Interrupt.listen()
            let recipe = try Recipe.read(path: self.recipe, overrides: overrides)
            guard recipe.backend != .reference else {
                throw ValidationError(
                    "\(self.recipe) computes on the reference backend, whose runs are compared bit by bit and need no "
                        + "band; expected backend: openblas (--set backend=openblas)")
            }
            guard !recipe.objective.kind.trainsScorer else {
                throw ValidationError(
                    "\(self.recipe) trains a scorer, for which there are no bands; expected another objective")
            }
            let workers = engine.pool.workers
            try MemoryPlan(recipe, workers: workers, gradientCopies: 2)
                .requireFits(MachineMemory.read(), recipe, workers: workers)
            let session = try TrainingSession(recipe: recipe, engine: engine)
            let steps = try stepCount(session)
            let calibrator = try Calibration(session, steps: steps, engine: engine)
                .measure(threads: threadCounts.compactMap(\.self), cores: cores)
            let band = try calibrator.band(
                contract: session.inputs.contract, recipe: .of(.recipe, recipe.json), digests: session.inputs.digests,
                steps: steps, quantile: quantile, margin: margin)
            try band.write(to: out)
            print(json ? band.json.pretty : BandText.describe(band, calibrator.configurations))
            Message.note("\(out) written")
        }

        /// Until the weights have changed, policy and reference agree bit by bit on every backend, and a preference's loss
        /// says nothing of roundings: a band from such steps alone would be too narrow for all later ones.
        private func stepCount(_ session: TrainingSession) throws -> Int {
            let total = session.recipe.training.steps
            let first = (1...total).first { session.trainer.learningRate.rate($0 - 1) > 0 } ?? total
            let steps = min(self.steps ?? first + 6, total)
            guard steps > min(first, total - 1) else {
                throw ValidationError(
                    "--steps: expected more than \(first), the first step that changes the weights; found \(steps)")
            }
            return steps
        }
    }

    /// Kernels that most CPUs of an architecture can run.
    static var coreTypes: String {
        #if arch(arm64)
            "ARMV8,CORTEXA57,NEOVERSEN1"
        #else
            "Haswell,Sandybridge,Nehalem"
        #endif
    }
}
