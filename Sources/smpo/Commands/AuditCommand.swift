import ArgumentParser
import Audit
import Compute
import Core
import Ledger
import Reports
import Training

/// `smpo audit`
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Replay a recorded run and say whether every bit comes out again.",
        discussion: """
            Checks the manifest, the golden log and the ledger first (digests,
            chain, model and data), then runs the steps again and compares every
            phase of every step. Stops at the first difference and names step,
            phase and tensor; where the recorded values are stored, also the
            element, both bit patterns and their distance. The step is then run
            again with every operator watched, and held against the record of a
            run made with --record operators and against another instruction set
            of this machine: the first operator whose inputs are equal and whose
            results are not is named.

            --through does not stop at the first difference: the run is replayed
            to its end, and the report says what kind of change the difference
            speaks of (everything moved in the last bits: the arithmetic; only one
            phase, and which; from a later step on), how far the numbers lie
            apart, and the chain head that the replay came to. With --json it has
            the figures of every step.

            A part of a run can be replayed from the checkpoint before it, which
            is held against the record of its step first: --segment. --sample
            replays some of the parts between checkpoints, drawn by --seed, and
            says with what chance that finds a run that is wrong in some of
            them. Choose the seed when the run is recorded already, or whoever
            made the run could know where nobody looks; without one the chain
            head is the seed, which its maker could try again and again.
            A part's audit reads the checkpoint before it and what is stored of
            its steps; the report says how many objects it did not read.
            `smpo audit plan` says what each way costs.

            --on slurm replays the segments of --sample or --segments all, the drawn
            steps and lanes of --sample-steps and --sample-lanes, or the mutants of
            --self-test, as tasks of an array, and waits for them; --on
            file:JOB writes a folder with a command line a task, for GNU parallel or
            whatever else runs lines (`smpo job --help`). The same command again
            goes on where it was. A part without a result is never a pass.

            A step of a run with `training.lanes` can be checked in parts: --step S
            --lane N computes one lane of its pairs from the weights before it (of
            the checkpoint after the step before, or of the steps since the last
            one, which are replayed) and holds their latents, predictions, losses
            and the root over the lane's gradients against the record. The sum of
            the lanes, and the update, are only in an audit of the whole step.

            Of a run with `record.gradients` --sample-steps and --sample-lanes walk
            over the gradients that it kept: norm, clipping, update and weights
            of every step follow from them and are checked; the drawn steps are
            computed whole, and the drawn lanes by themselves, from the weights
            that the walk has come to. The report says with what chance that
            finds wrong steps and wrong lanes, and what it leaves out. With --jobs or
            --on the walk leaves the weights before the drawn steps in files (with
            the optimiser's state before steps that are computed whole), and each
            step and lane is a process or task by itself; the report is the same.

            --evidence takes manifest, golden log, ledger and objects from a
            folder that `smpo runs pack` wrote, and writes nothing there, nor
            into the ledger here; the recipe's model and data are those of the
            current folder.

            A run of a GPU is audited on the CPU like any other: their bits are
            the same. --device cuda replays on a GPU, and the report says so;
            with --sample the drawn segments are replayed on the CPU besides, and
            both verdicts are reported.

            A run on OpenBLAS that was recorded with a band (`smpo calibrate`) is
            replayed step by step from recorded state on the reference backend:
            `within-band` if every value that OpenBLAS computed is inside the band
            and all else equal bit by bit. The report says which tamperings of
            its last step would have stayed inside.

            --self-test asks whether the audit would notice: it makes mutants of
            the run (recipe, seed, a row of the golden log, a link of the chain,
            a label, a latent, a latent set, a checkpoint) and of its replay (a
            stream's counter, the order of the data, a caption, a crop, a lane, one
            bit of a weight, of a moment, of the schedule, …), audits a step or two
            of each, and prints the score; --jobs deals them out to processes. Other
            workers and instruction sets must make no difference. The run itself is
            not touched. Exit code 1 says that a mutant got another verdict than it
            should.

            `smpo audit replay --help` lists all options; the word may be left
            out before the name of a run.

            EXAMPLES
              smpo audit run-42
              smpo audit run-42 --isa avx2 --workers 3
              smpo audit run-1 --json
              smpo audit run-42 --through
              smpo audit run-1 --segment 31..40
              smpo audit run-1 --step 31 --lane 2
              smpo audit run-1 --sample-steps 2 --sample-lanes 59 --seed "of Monday"
              smpo audit run-1 --sample 3 --seed "drawn on Monday" --jobs 2
              smpo audit run-1 --device cuda --sample 3
              smpo audit run-1 --evidence packed/run-1
              smpo audit plan run-1
              smpo audit run-1 --segments all --on slurm
              smpo audit run-1 --sample-lanes 59 --seed "of Monday" --on slurm
              smpo audit run-42 --self-test
              smpo audit run-1 --require-signature --trust alice.pub --sign bob

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted]))
            """,
        subcommands: [Replay.self, Plan.self], defaultSubcommand: Replay.self)

    /// `smpo audit RUN`
    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replay a run, or parts of it (the default).",
            discussion: ExitStatus.help([
                .success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted,
            ]))

        @Argument(help: "Name of the run.")
        var name: String

        @Option(help: "Replay these steps only, A..B.")
        var segment: String?

        @Option(help: "Compute a lane of this step only; with --lane.")
        var step: Int?

        @Option(help: "The lane, from 1, of a run with training.lanes.")
        var lane: Int?

        @Option(help: "Check all updates by the kept gradients, and compute this many steps, drawn by --seed.")
        var sampleSteps: Int?

        @Option(help: "The same with this many lanes of steps.")
        var sampleLanes: Int?

        @Option(help: "Replay this many segments, drawn by --seed.")
        var sample: Int?

        @Option(help: ArgumentHelp("Replay every segment by itself: expected all.", valueName: "all"))
        var segments: String?

        @Option(help: "Any text that the draw is made from (default: the run's chain head).")
        var seed: String?

        @Option(help: ArgumentHelp("Take the run from this folder, as runs pack wrote it.", valueName: "folder"))
        var evidence: String?

        @Option(
            help:
                "Processes that replay segments, drawn steps and lanes, or mutants side by side; each takes the planned memory."
        )
        var jobs = 1

        @Flag(help: "Print the report as JSON.")
        var json = false

        @Flag(help: "Make mutants of the run and of its replay, and see that each is caught.")
        var selfTest = false

        @Option(help: ArgumentHelp("Sign the verdict with this key, into RUN.audit.intoto.jsonl.", valueName: "key"))
        var sign: String?

        @Flag(inversion: .prefixedNo, help: "Run a diverged step again, to name the operator that differs.")
        var localize = true

        @Flag(help: "Go on after the first difference, to the end, and say what kind of change it is.")
        var through = false

        @Flag(
            help: "Make the latents, and a reward model's scores, of a run on pictures again, instead of reading them.")
        var remakeLatents = false

        @OptionGroup var trust: TrustOptions

        @OptionGroup var engineOptions: EngineOptions

        @OptionGroup var deviceOptions: DeviceOptions

        @OptionGroup var cluster: ClusterOptions

        @OptionGroup var task: AuditTaskOptions

        /// Whether the run is replayed by segments, each by itself.
        var isCut: Bool { sample != nil || segments != nil }

        func validate() throws {
            if let segments, segments != "all" {
                throw ValidationError("--segments: expected all, found \"\(segments)\"; one is --segment A..B")
            }
            if segments != nil && (segment != nil || sample != nil || seed != nil || sign != nil || selfTest) {
                throw ValidationError(
                    "--segments all excludes --segment, --sample, --seed, --sign and --self-test")
            }
            if segments != nil && (remakeLatents || through || deviceOptions.name != .cpu) {
                throw ValidationError("--segments all excludes --remake-latents, --through and --device")
            }
            if cluster.isElsewhere && !(isCut || selfTest || drawsUnits)
                || cluster.isElsewhere && deviceOptions.name != .cpu
            {
                throw ValidationError(
                    "--on needs parts that run by themselves: --sample, --segments all, --sample-steps, --sample-lanes or "
                        + "--self-test, on the CPU"
                )
            }
            try validateTask()
            if let segment, AuditCommand.steps(segment) == nil {
                throw ValidationError("--segment: expected A..B with 1 ≤ A ≤ B, found \"\(segment)\"")
            }
            if segment != nil && sample != nil { throw ValidationError("--segment and --sample exclude each other") }
            if (step == nil) != (lane == nil) { throw ValidationError("--step and --lane go together") }
            if let step, let lane {
                guard step >= 1, lane >= 1 else {
                    throw ValidationError("--step and --lane count from 1, found \(step) and \(lane)")
                }
                if segment != nil || isCut || selfTest || through || sign != nil || task.budget != nil {
                    throw ValidationError(
                        "--lane excludes --segment, --sample, --self-test, --through and --sign")
                }
            }
            if let sample, sample < 1 { throw ValidationError("--sample: expected 1 or more, found \(sample)") }
            if sample != nil && sign != nil { throw ValidationError("--sign is for the audit of a run or a segment") }
            if drawsUnits {
                if let count = [sampleSteps, sampleLanes].compactMap(\.self).first(where: { $0 < 0 }) {
                    throw ValidationError("--sample-steps and --sample-lanes: expected 0 or more, found \(count)")
                }
                if segment != nil || isCut || lane != nil || selfTest || through || sign != nil || task.budget != nil {
                    throw ValidationError(
                        "--sample-steps and --sample-lanes exclude --segment, --sample, --lane, --self-test, --through and --sign"
                    )
                }
            } else if sample == nil && seed != nil {
                throw ValidationError("--seed needs --sample, --sample-steps or --sample-lanes")
            }
            if !isCut && !selfTest && !drawsUnits && jobs != 1 {
                throw ValidationError(
                    "--jobs needs --sample, --segments all, --sample-steps, --sample-lanes or --self-test")
            }
            if drawsUnits && (jobs != 1 || cluster.isElsewhere) && (deviceOptions.name != .cpu || remakeLatents) {
                throw ValidationError(
                    "drawn steps and lanes in several processes exclude --device and --remake-latents")
            }
            if selfTest && (segment != nil || sample != nil || sign != nil || !localize) {
                throw ValidationError("--self-test excludes --segment, --sample, --sign and --no-localize")
            }
            if evidence != nil && selfTest { throw ValidationError("--evidence and --self-test exclude each other") }
            if selfTest && deviceOptions.name != .cpu {
                throw ValidationError("--self-test is for the CPU's replay: leave out --device")
            }
            if remakeLatents && (sample != nil || selfTest) {
                throw ValidationError("--remake-latents excludes --sample and --self-test")
            }
            if through && (sample != nil || selfTest) {
                throw ValidationError("--through excludes --sample and --self-test")
            }
            if through, let segment, AuditCommand.steps(segment)?.lowerBound != 1 {
                throw ValidationError("--through begins with the run: expected --segment 1..B, found \"\(segment)\"")
            }
            guard (1...256).contains(jobs) else { throw ValidationError("--jobs: expected 1 to 256, found \(jobs)") }
        }

        func run() throws {
            let workspace = evidence.map { Workspace(root: $0) } ?? Workspace()
            if selfTest && (jobs > 1 || cluster.isElsewhere) {
                return try finish(try testElsewhere(workspace))
            }
            if isCut, deviceOptions.name == .cpu {
                do {
                    let report = try auditSegments(workspace)
                    return try finish(report.verdict, report.json, SegmentText.describe(report), workspace)
                } catch {
                    // A run that does not hold is not cut into parts.
                    guard let judgement = Judgement(error) else { throw error }
                    let report = AuditReport(run: name, judgement)
                    return try finish(report.verdict, report.json, AuditText.describe(report), workspace)
                }
            }
            if drawsUnits, task.states == nil, jobs > 1 || cluster.isElsewhere {
                let report = try auditUnits(workspace)
                return try finish(report.verdict, report.json, UnitText.describe(report), workspace)
            }
            let engine = try deviceOptions.engine(engineOptions)
            defer { engine.stop() }
            if selfTest { return try test(workspace, engine) }
            let progress = StepProgress("replayed step")
            let key = try sign.map { try trust.ring.privateKey($0) }
            var auditor = Auditor(
                workspace: workspace, engine: engine, keys: try trust.known(),
                requiresSignature: trust.requireSignature, localizes: localize)
            auditor.latents = LatentProgress().use(remakeLatents ? .makeAgain : .readOrMake, in: workspace)
            auditor.expected = try ExpectedRun(task.expect)
            Interrupt.listen()
            if let states = task.states {
                let progress = StepProgress("step")
                return try auditPart(auditor, leavingIn: states, progress.update)
            }
            if drawsUnits {
                let progress = StepProgress("step")
                let report = try auditor.audit(
                    name, drawingSteps: sampleSteps ?? 0, lanes: sampleLanes ?? 0, seed: seed,
                    progress: progress.update)
                progress.finish()
                return try finish(report.verdict, report.json, UnitText.describe(report), workspace)
            }
            if let step, let lane {
                let report = try auditor.audit(name, step: step, lane: lane, progress: progress.update)
                progress.finish()
                return try finish(report.verdict, report.json, AuditText.describe(report), workspace)
            }
            var scope = AuditScope(
                segment: segment.flatMap(AuditCommand.steps), goesThrough: through,
                budget: task.budget.map { .seconds($0) })
            // The gate's first steps are all that anybody looks at: what is stored is read whole then.
            (scope.readsOwnObjects, scope.leavesModel) = (segment != nil && !through, task.part)
            let report = try auditor.audit(name, scope, progress: progress.update)
            progress.finish()
            if sample != nil, report.device != nil {
                let mixed = MixedReport(whole: report, sample: try auditSegments(workspace))
                return try finish(mixed.verdict, mixed.json, SegmentText.describe(mixed), workspace)
            }
            if let key { try write(report, signedWith: key, workspace) }
            try finish(report.verdict, report.json, AuditText.describe(report), workspace)
        }

        private func test(_ workspace: Workspace, _ engine: Engine) throws {
            Interrupt.listen()
            var test = SelfTest(
                workspace: workspace, engine: engine, keys: try trust.known(),
                requiresSignature: trust.requireSignature)
            test.expected = try ExpectedRun(task.expect)
            let progress = StepProgress("mutant")
            let report = try test.run(
                name, task.share.flatMap(SelfTestShare.init) ?? .whole, progress: progress.update)
            progress.finish()
            try finish(report)
        }

        private func finish(_ report: SelfTestReport) throws {
            print(json ? report.json.pretty : SelfTestText.describe(report))
            try ExitStatus(report.verdict).end()
        }

        private func write(_ report: AuditReport, signedWith key: SigningKey, _ workspace: Workspace) throws {
            let manifest = try Manifest.read(workspace.manifest(name))
            var file = Attestations(path: "\(name).audit.intoto.jsonl")
            try file.add(Envelope(AuditStatement.json(report, manifest: manifest).canonicalBytes, by: [key]))
            Message.note("\(file.path) written: the verdict signed with \(key.verifyingKey)")
        }

        private func finish(_ verdict: Verdict, _ value: JSONValue, _ text: String, _ workspace: Workspace) throws {
            if let evidence, !task.part {
                Message.note(
                    "\(evidence): this audit is noted in no ledger; smpo runs unpack takes the run into one, where audits of it are"
                )
            }
            if !task.unnoted, !task.part, evidence == nil, let store = try? workspace.existingLedger(),
                (try? store.run(name)) != nil
            {
                // The note is no part of the verdict: where it cannot be written, as into a read-only ledger, the error is
                // ignored.
                try? workspace.openLedger().recordAudit(of: name, verdict: verdict.rawValue, report: value)
            }
            print(json ? value.pretty : text)
            try ExitStatus(verdict).end()
        }
    }

    /// `A..B` as steps.
    private static func steps(_ text: String) -> ClosedRange<Int>? {
        let parts = text.components(separatedBy: "..")
        guard parts.count == 2, let first = Int(parts[0]), let last = Int(parts[1]), 1 <= first, first <= last else {
            return nil
        }
        return first...last
    }
}
