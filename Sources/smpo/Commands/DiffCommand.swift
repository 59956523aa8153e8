import ArgumentParser
import Audit
import Checkpoints
import Comparison
import Compute
import Core
import Ledger
import Pages
import Reports

/// `smpo diff`
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say how two checkpoints, or two recorded runs, differ.",
        discussion: """
            CHECKPOINTS
            A and B may each be a safetensors file, the index of a sharded one, a
            model or pipeline folder as diffusers saves it, a PyTorch file (.pt,
            .bin, .ckpt; nothing in it is run), a GGUF file (any part of a split
            one), or a recorded run's checkpoint RUN@step-N. Tensors are compared
            by name and value; the order of tensors, padding and the number of
            shards are no difference.

            Of a folder every file below it is read or named: tensors, at any
            depth, as their component's or their file's; configurations and
            vocabularies as metadata. Where a file that can hold weights is not
            read (ONNX, HDF5, another precision of the same model …) and its bytes
            are not the same on both sides, the verdict is incomplete, exit 2,
            unless the policy or --ignore-file leaves it out. Comparing nothing is
            an error: --only must match, every time it is given.

            Each tensor is identical, equal in value only (−0, NaN bits, element
            type), within tolerance, different, reshaped, transposed, renamed, or
            only in one. Of a different one it says how many elements differ, by
            how many units of the last place (ULP; largest, p50, p99) and by how
            much, and where the worst element is.

            Where the names are of two layouts, tensors are paired by what they are
            in a model: the folders of diffusers and transformers of any version,
            single files of Stable Diffusion 1.x and XL (LDM's names), open_clip.
            Joined q, k, v are compared part by part, projections that are stored
            transposed as they are meant, [C,C,1,1] as [C,C]; elements are counted
            in each side's own tensor. If every weight is equal, the verdict is
            "the same weights in another layout", exit 0; "the same weights" of two
            files of one layout of which one was pruned. Buffers that the other
            side does not have are listed; averaged weights (EMA) on one side alone
            make the verdict incomplete unless --weights says which are meant.

            RUNS
            Of two recorded runs it verifies both, compares their manifests and
            then, step by step and phase by phase, what both have: runs of
            different lengths or with different phases are compared as far as both
            go, and the rest is named. At the first difference the operators of
            that step are compared, forward and backward: the recorded ones, where
            both runs were recorded with --record operators; else both manifests
            are run again here, side by side, from the checkpoints before the step.

            EXAMPLES
              smpo diff before.safetensors after.safetensors
              smpo diff sd15 model.ckpt --only 'unet/*' --stat
              smpo diff run-1@step-30 run-1@step-60 --by-layer
              smpo diff a.safetensors b.safetensors --tolerance rtol:1e-5,atol:1e-8
              smpo diff base.safetensors merged.safetensors --html diff.html
              smpo diff --lora --base base.st adapter.st merged.st
              smpo diff v1-5-pruned.ckpt sd15 --weights ema
              smpo diff run-42 run-43
              smpo diff run-42 run-43 --no-rerun --json

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage]))
            """)

    @Argument(help: "A checkpoint or a run: the reference, A.")
    var left: String

    @Argument(help: "Another of the same kind, B.")
    var right: String

    @Flag(inversion: .prefixedNo, help: "Of two runs: run the step at which they part again, by both manifests.")
    var rerun = true

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup(title: "Checkpoints") var options: DifferenceOptions
    @OptionGroup var engineOptions: EngineOptions

    func validate() throws {
        if json && (options.stat || options.markdown) {
            throw ValidationError("--json, --markdown and --stat exclude each other")
        }
    }

    func run() throws {
        let workspace = Workspace()
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let (a, b) = (try CheckpointInput(left, workspace: workspace), try CheckpointInput(right, workspace: workspace))
        if case (.run(let a), .run(let b)) = (a, b) {
            if let option = options.given {
                throw ValidationError(
                    "\(option) is for checkpoints; \(a) and \(b) are runs. Name their checkpoints: \(a)@step-N")
            }
            return try compareRuns(a, b, workspace, engine)
        }
        try compareCheckpoints(a, b, workspace, engine)
    }

    private func compareRuns(_ a: String, _ b: String, _ workspace: Workspace, _ engine: Engine) throws {
        let report = try RunComparison(workspace: workspace, engine: engine, reruns: rerun).compare(a, b)
        print(json ? report.json.pretty : RunDifferenceText.describe(report))
        try ExitStatus(report).end()
    }

    private func compareCheckpoints(
        _ a: CheckpointInput, _ b: CheckpointInput, _ workspace: Workspace, _ engine: Engine
    ) throws {
        if let path = options.html {
            try OutputFile("--html", path).require(sparing: [left, right, options.base, options.policy], workspace)
        }
        let policy = try options.makePolicy()
        func open(_ input: CheckpointInput) throws -> Checkpoint {
            try input.checkpoint(workspace, engine: engine, ignoring: policy.ignoredFiles)
        }
        var (left, right) = (try open(a), try open(b))
        if options.lora {
            let base = try options.base.map { try open(CheckpointInput($0, workspace: workspace)) }
            (left, right) = try AdapterComparison.sides(left, right, on: base, adapter: options.adapter)
        }
        var comparison = CheckpointComparison(
            engine: engine, policy: policy, measures: !options.stat || options.html != nil)
        comparison.weights = options.choice.weights
        let bar = ComparisonProgress(bytes: max(left.byteCount, right.byteCount))
        comparison.progress = bar.map { bar in { bar.update($0, $1, $2) } }
        let report = try comparison.compare(left, right)
        bar?.finish()
        if let path = options.html { try AtomicFile.write(try HTMLPresenter().present(report.finding()), to: path) }
        let text = CheckpointDifferenceText(
            report, rows: options.byLayer ? .layer : .module, showsAll: options.all)
        if json {
            print(report.json.pretty)
        } else if options.markdown {
            print(MarkdownPresenter().present(report.finding(by: options.byLayer ? .layer : .module)), terminator: "")
        } else if !(options.html.map(OutputTarget.isStandardOutput) ?? false) {
            print(options.stat ? text.stat : text.text)
        }
        try ExitStatus(report).end()
    }
}
