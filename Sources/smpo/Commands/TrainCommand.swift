import ArgumentParser
import Audit
import Compute
import Core
import Datasets
import Foundation
import Ledger
import Pages
import Reports
import Studies
import Training

/// `smpo train`
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model by a recipe; with --record, leave a record that can be audited.",
        discussion: """
            Without a recipe the embedded one runs
            (Manifests/recipes/shapes-smpo.yaml). --record writes every step into
            .smpo/ledger.sqlite, latents and checkpoints beside it, and a
            manifest into Manifests/. The trained model goes to .smpo/runs/RUN
            (or --out), in diffusers' layout.

            Records and chain heads are the same at every level of --record:
            `steps` keeps them alone, `tensors` (the default) also the digest of
            every tensor, so that an audit can name the one that differs, and
            `operators` those of what every operator took and gave, forward and
            backward, so that an audit can name the operator.

            With a section `lora:` in the recipe low-rank adapters are trained and
            the base model's weights stay as they are; they are the reference too.
            The trained model has the adapters merged, and lora/ beside it has them
            for peft and diffusers.

            With `backend: openblas` in the recipe OpenBLAS computes the matrix
            products: a second opinion, whose bits are those of this machine.
            With --band FILE from `smpo calibrate` such a run can be audited all
            the same: the band becomes part of the record, and the gradients of
            every step are kept.

            --validate-every, --sample-every and --reward-every look at the model
            between the steps; what they measure stands in the ledger beside the trace. That
            neither they nor the recording have changed the weights is checked
            each time, and at every checkpoint.

            Before anything large is loaded, a plan of the memory is made from the
            configurations. A run that does not fit is refused, with the settings
            under which it would. --dry-run prints the plan and stops there.
            --keys prints what a recipe may say.

            Started by smpo-mpi, the small program that a site builds with its own
            MPI (see `smpo ranks check`), ranks share the work: each computes some of
            the step's lanes (training.lanes) and updates some of the parameters. The
            first keeps the record, whose every bit is that of one process; it alone
            reads the recipe and writes files. A rank with another program, model or
            data is named. Only one process records operators or a band.

            Ctrl-C finishes the step first, and so do SIGTERM and a terminal that
            hangs up (130); --resume takes a recorded run up. Under nohup it goes
            on. What cannot be written to stderr stops nothing.

            EXAMPLES
              smpo train --record
              smpo train Manifests/recipes/shapes-smpo.yaml --record operators
              smpo train Manifests/recipes/shapes-smpo.yaml --record --set optimizer.lr=1e-5
              smpo train Manifests/recipes/folder-smpo.yaml --record --set data.path=pictures --set model.path=base
              smpo train Manifests/recipes/shapes-lora.yaml --record --set lora.rank=4
              smpo train --set backend=openblas
              smpo train --set backend=openblas --record --band band.json
              smpo train Manifests/recipes/sd15-step.yaml --dry-run
              smpo train --resume run-3
              mpirun -np 4 smpo-mpi smpo train recipe.yaml --record

            \(ExitStatus.help([.success, .trouble, .tampered, .usage, .interrupted]))
            """)

    /// The recipe that runs when none is given.
    static let embedded = "Manifests/recipes/shapes-smpo.yaml"

    /// A plan of more bytes than this is shown before the training.
    static let largePlan = 1 << 30

    @Argument(help: "Recipe, YAML (default: \(TrainCommand.embedded)).")
    var recipe: String?

    @Option(
        defaultAsFlag: RecordLevel.tensors.rawValue,
        help: ArgumentHelp(
            "Record the run: its steps, the digests of its tensors, or of every operator.",
            valueName: "steps|tensors|operators"))
    var record: String?

    @Option(help: "Name of the recorded run (default: the next free of run-1, run-2, …).")
    var name: String?

    @Option(help: "Take up an interrupted run after its last checkpoint.")
    var resume: String?

    @Option(help: "Record with this band (smpo calibrate), for a run on OpenBLAS.")
    var band: String?

    @Option(name: .customLong("set"), help: "Override a value of the recipe: KEY.PATH=VALUE. Repeatable.")
    var overrides: [String] = []

    @Option(help: "Folder for the trained model.")
    var out: String?

    @Option(help: "Judge held-out pairs after every so many recorded steps.")
    var validateEvery: Int?

    @Option(help: "Pairs that --validate-every judges.")
    var validatePairs = 100

    @Option(help: "Draw held-out captions after every so many recorded steps, into .smpo/runs/RUN/samples.")
    var sampleEvery: Int?

    @Option(help: "Judge drawings of held-out captions after every so many recorded steps.")
    var rewardEvery: Int?

    @Option(help: "Validation captions that --reward-every draws.")
    var rewardCaptions = 50

    @Option(
        help: ArgumentHelp(
            "Seconds after which a rank that says nothing is given up (default: five of the slowest step, at least 600).",
            valueName: "seconds"))
    var rankLimit: Int?

    @Flag(help: "Read all pictures of a table again, instead of believing their kept digests (.smpo/tables).")
    var checkData = false

    @Flag(help: "Print the plan of the memory and train nothing.")
    var dryRun = false

    @Flag(help: "Print the keys of a recipe, Markdown, and train nothing.")
    var keys = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    func validate() throws {
        if resume != nil, recipe != nil || !overrides.isEmpty || name != nil {
            throw ValidationError("--resume takes the recipe from the record: leave out RECIPE, --set and --name")
        }
        if let record, level == nil, recipe != nil || !FileContents.exists(record) {
            let levels = RecordLevel.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--record: expected one of \(levels), found \"\(record)\"")
        }
        for (option, value) in [
            ("--validate-every", validateEvery), ("--validate-pairs", validatePairs), ("--sample-every", sampleEvery),
            ("--reward-every", rewardEvery), ("--reward-captions", rewardCaptions), ("--rank-limit", rankLimit),
        ] {
            guard let value, value < 1 else { continue }
            throw ValidationError("\(option): expected 1 or more, found \(value)")
        }
        if (validateEvery ?? sampleEvery ?? rewardEvery) != nil && record == nil && resume == nil {
            throw ValidationError("--validate-every, --sample-every and --reward-every need --record")
        }
        if rewardCaptions > ShapesSplit.validation.captions.count {
            throw ValidationError(
                "--reward-captions: expected at most \(ShapesSplit.validation.captions.count), found \(rewardCaptions)")
        }
        if band != nil && record == nil {
            throw ValidationError("--band needs --record; --resume takes the band from the record")
        }
        if name != nil && record == nil { throw ValidationError("--name needs --record") }
        if keys && (recipe != nil || record != nil || resume != nil || dryRun) {
            throw ValidationError("--keys prints the keys of every recipe: give it alone")
        }
        if dryRun && (record != nil || resume != nil) {
            throw ValidationError("--dry-run trains nothing: leave out --record and --resume")
        }
    }

    func run() throws {
        if keys { return print(RecipeKeysPage.text, terminator: "") }
        let ranks = TrainingRanks(try RankGroups.here(), limit: rankLimit.map { .seconds($0) })
        let engine = try deviceOptions.engine(engineOptions.shared(among: ranks.group))
        defer { engine.stop() }
        Interrupt.listen()
        let workspace = Workspace()
        var band: Band?
        let start = try RankedStart.agree(ranks) {
            let read = try readRecipe(workspace)
            band = read.band
            try RankedStart.require(read.recipe, level: level, band: band, ranks)
            return RankedStart(
                recipe: read.recipe, isRecorded: record != nil || resume != nil,
                looks: (validateEvery ?? sampleEvery ?? rewardEvery) != nil)
        }
        guard ranks.isFirst else { return try follow(start, ranks, engine, workspace) }
        let recipe = start.recipe
        if case .folder(let base) = recipe.model, let out {
            let weights = "\(out)/unet/diffusion_pytorch_model.safetensors"
            try OutputFile("--out", weights).require(
                sparing: [base.path, base.autoencoder, base.configuration], workspace)
        }
        if recipe.backend != .reference, deviceOptions.name != .cpu {
            throw ValidationError(
                "the recipe's backend \(recipe.backend.rawValue) computes on the CPU: leave out --device, or set "
                    + "backend=\(Backend.reference.rawValue)")
        }
        let (plan, machine) = try plan(recipe, band, ranks, engine)
        if dryRun {
            print(
                json
                    ? MemoryPlanText.json(plan, machine: machine).pretty
                    : MemoryPlanText.describe(plan, machine: machine))
        } else if plan.total > TrainCommand.largePlan {
            Message.note(MemoryPlanText.describe(plan, machine: machine))
        }
        try plan.requireFits(machine, recipe, workers: engine.pool.workers)
        if dryRun { return try leave(ranks) }
        let latents = LatentProgress(
            "no latents of these pictures are there: making them (smpo data encode --jobs does so faster)")
        let session = try ranks.opened {
            try TrainingSession(
                recipe: recipe, engine: engine, band: band, latents: latents.use(.readOrMake, in: workspace),
                checksKept: checkData, keepsLanesInFile: plan.keepsLanesInFile, ranks: ranks)
        }
        defer { notePeak(plan) }
        if let folder = session.data.rewardScores?.folder { Message.note("scores in \(folder)") }
        if let latents = session.latents { Message.note("latents in \(latents.set.folder)") }
        for note in session.data.notes { Message.note(note) }
        Message.note(session.inputNotes)
        if session.recipe.backend == .openblas {
            Message.note(
                "OpenBLAS \(OpenBLAS.version) computes the products (\(OpenBLAS.core) kernels, threads: "
                    + "\(engine.pool.workers)): the run is not bit-reproducible elsewhere and cannot become golden")
        }
        let report = TrainReport(session: session)
        guard start.isRecorded else {
            let isDone = try session.trainUnrecorded(onStep: report.step) { Interrupt.isRequested }
            report.finish()
            if isDone { try save(session, to: out ?? workspace.model(session.recipe.name)) }
            try leave(ranks)
            return isDone ? () : try { throw ExitStatus.interrupted.code }()
        }
        if let resume, try workspace.existingLedger()?.run(resume).state == .finished {
            Message.note("\(resume) is finished; its manifest and its model are written again")
        }
        let spectators = spectators(workspace).map(TimedSpectator.init)
        let source = RecipeSource.path(inProject: recipePath).map { RecipeSource(path: $0, overrides: overrides) }
        let recording = RunRecording(
            session: session, workspace: workspace,
            circumstances: Circumstances.of(engine).noting(source).noting(ranks.group.hosts),
            level: level ?? .tensors, spectators: spectators)
        let ending =
            if let resume {
                try recording.resume(run: resume, onStep: report.step) { Interrupt.isRequested }
            } else {
                try recording.record(
                    name: name, taken: try KnownRuns.names(workspace), started: { Message.note("recording \($0)") },
                    onStep: report.step
                ) { Interrupt.isRequested }
            }
        report.finish()
        switch ending {
        case .interrupted(let run, let step):
            Message.note("\(run) stopped after step \(step); take it up with: smpo train --resume \(run)")
            try leave(ranks)
            throw ExitStatus.interrupted.code
        case .finished(let manifest):
            try save(session, to: out ?? workspace.model(manifest.run))
            try printResult(
                manifest, workspace,
                cpuSeconds: ProcessorTime.now() - spectators.reduce(0) { $0 + $1.seconds })
            try leave(ranks)
        }
    }

    /// The plan of the memory of one rank, and what is there for it.
    private func plan(
        _ recipe: Recipe, _ band: Band?, _ ranks: TrainingRanks, _ engine: Engine
    ) throws -> (MemoryPlan, MachineMemory?) {
        let machine = MachineMemory.read(for: engine)?.shared(
            among: engine.device.hasOwnMemory ? 1 : RankGroups.here(ranks.group))
        let plan = try MemoryPlan(
            recipe, workers: engine.pool.workers, gradientCopies: band != nil || recipe.record.gradients ? 1 : 0,
            ranks: ranks.group.size, on: engine.device
        ).fitted(to: machine, recipe, workers: engine.pool.workers)
        return (plan, machine)
    }

    /// The work of a rank that is not the first: it says nothing, and writes nothing.
    private func follow(
        _ start: RankedStart, _ ranks: TrainingRanks, _ engine: Engine, _ workspace: Workspace
    ) throws {
        if start.looks { ranks.waitForLooks() }
        let (plan, machine) = try plan(start.recipe, nil, ranks, engine)
        try plan.requireFits(machine, start.recipe, workers: engine.pool.workers)
        if dryRun { return try leave(ranks) }
        let session = try ranks.opened {
            try TrainingSession(
                recipe: start.recipe, engine: engine,
                latents: LatentSetUse(folder: workspace.latents, scores: workspace.scores),
                checksKept: checkData, keepsLanesInFile: plan.keepsLanesInFile, ranks: ranks)
        }
        let isDone =
            try start.isRecorded
            ? FollowingRank(session).run { Interrupt.isRequested }
            : session.trainUnrecorded(onStep: { _, _ in }) { Interrupt.isRequested }
        try leave(ranks)
        if !isDone { throw ExitStatus.interrupted.code }
    }

    /// Ends a rank's part, after all others have come to the end of theirs.
    private func leave(_ ranks: TrainingRanks) throws {
        ranks.group.place = "the end"
        try ranks.group.close()
    }

    private func spectators(_ workspace: Workspace) -> [any RunSpectator] {
        var spectators: [any RunSpectator] = []
        if let validateEvery { spectators.append(Validation(every: validateEvery, pairs: validatePairs)) }
        if let sampleEvery { spectators.append(SampleSheet(every: sampleEvery) { workspace.model($0) + "/samples" }) }
        if let rewardEvery {
            spectators.append(RewardWatch(every: rewardEvery, captions: rewardCaptions, split: .validation))
        }
        return spectators
    }

    private var level: RecordLevel? { record.flatMap(RecordLevel.init) }

    /// `--record RECIPE` reads as `--record` and then the recipe.
    private var recipePath: String { recipe ?? (level == nil ? record : nil) ?? TrainCommand.embedded }

    private func readRecipe(_ workspace: Workspace) throws -> (recipe: Recipe, band: Band?) {
        if let resume {
            let run = try workspace.openLedger(readOnly: true).verify(resume, objects: nil) { _ in }
            let inputs = run.manifest.inputs
            let recipe = try Recipe(json: JSONCursor(inputs.recipe, name: "recipe", file: workspace.ledger))
            return (recipe, try inputs.band(file: workspace.ledger))
        }
        let recipe = try Recipe.read(path: recipePath, overrides: overrides)
        return (recipe, try band.map { try Band.read($0) })
    }

    /// Notes the measured peak of memory beside the planned one.
    private func notePeak(_ plan: MemoryPlan) {
        guard plan.total > TrainCommand.largePlan, let peak = MachineMemory.peak() else { return }
        Message.note("memory: \(MemorySize(peak)) at most, planned \(MemorySize(plan.total))")
    }

    private func save(_ session: TrainingSession, to folder: String) throws {
        session.useAverage()
        try session.model.pipeline.write(to: folder)
        Message.note("model written to \(folder)")
    }

    private func printResult(_ manifest: Manifest, _ workspace: Workspace, cpuSeconds: Double) throws {
        guard let outcome = manifest.outcome else { return }
        let twins = try KnownRuns.goldenTwins(of: manifest, workspace)
        let earlier = KnownRuns.earlierTwins(of: manifest, workspace)
        if json {
            func list(_ twins: [(run: String, isSame: Bool)]) -> JSONValue {
                .array(twins.map { ["run": .string($0.run), "same_chain_head": .bool($0.isSame)] })
            }
            let value: JSONValue = [
                "schema": 1, "run": .string(manifest.run), "manifest": .string(workspace.manifest(manifest.run)),
                "backend": .string(manifest.inputs.backend),
                "manifest_digest": .digest(manifest.digest), "chain_head": .digest(outcome.chainHead),
                "weights_digest": .digest(outcome.weightsDigest), "steps": .integer(outcome.steps),
                "cpu_seconds": .decimal((cpuSeconds * 1000).rounded() / 1000),
                "golden": list(twins), "earlier": list(earlier),
            ]
            print(value.pretty)
            return
        }
        print("run             \(manifest.run)")
        print("manifest        \(workspace.manifest(manifest.run))")
        print("steps           \(outcome.steps)")
        print("chain head      \(outcome.chainHead)")
        print("weights digest  \(outcome.weightsDigest)")
        for (kind, twins) in [("golden  ", twins), ("recorded", earlier)] {
            for twin in twins {
                print("\(kind)        \(twin.isSame ? "same chain head as" : "DIFFERENT chain head from") \(twin.run)")
            }
        }
        guard manifest.inputs.backend == ManifestInputs.referenceBackend else {
            return print("backend         \(manifest.inputs.backend): not bit-reproducible elsewhere, never golden")
        }
        if twins.isEmpty { print("golden          no golden run has these inputs") }
    }
}
