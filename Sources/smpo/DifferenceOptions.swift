import ArgumentParser
import Comparison
import Reports

/// The options of comparing two checkpoints and of showing the result.
struct DifferenceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How much numbers may differ: exact, ulp:N, or rtol:R,atol:A (|a − b| ≤ A + R·|a|). (default: exact)",
            valueName: "bound"))
    var tolerance: String?

    @Option(
        help: ArgumentHelp(
            "YAML file with tolerances by tensor name; see Documentation/howto/compare-checkpoints.md.",
            valueName: "file"))
    var policy: String?

    @Option(help: ArgumentHelp("Compare only tensors whose names match, such as 'unet/*'. Can be repeated."))
    var only: [String] = []

    @OptionGroup var folders: FolderOptions
    @OptionGroup var choice: WeightsOptions

    @Flag(help: "Let other metadata pass.")
    var ignoreMetadata = false

    @Flag(help: "Let other names of the same content pass.")
    var allowRename = false

    @Flag(help: "Print one line.")
    var stat = false

    @Flag(help: "Show every row, identical ones too.")
    var all = false

    @Flag(help: "Group by block and kind of layer instead of module.")
    var byLayer = false

    @Flag(help: "Print the result as Markdown.")
    var markdown = false

    @Option(
        help: ArgumentHelp("Write the result as one HTML file, heat map and histograms included.", valueName: "file"))
    var html: String?

    @Flag(help: "Compare effective weights: what adapters (LoRA) add up to, with --base on top of a base.")
    var lora = false

    @Option(help: ArgumentHelp("The checkpoint that adapters are added to, for --lora.", valueName: "checkpoint"))
    var base: String?

    @Option(
        help: ArgumentHelp("Of several adapters in one file the one that is compared, for --lora.", valueName: "name"))
    var adapter: String?

    func validate() throws {
        if let tolerance, Tolerance(tolerance) == nil {
            throw ValidationError(
                "--tolerance \(tolerance): expected exact, ulp:N, rtol:R, atol:A or rtol:R,atol:A")
        }
        if base != nil && !lora { throw ValidationError("--base goes with --lora") }
        if adapter != nil && !lora { throw ValidationError("--adapter goes with --lora") }
        if markdown && stat { throw ValidationError("--markdown and --stat exclude each other") }
    }

    /// The policy file's, with what the command line says instead of or besides it.
    /// - Throws: what reading the file throws.
    func makePolicy() throws -> DifferencePolicy {
        var result = try policy.map(DifferencePolicyFile.read) ?? DifferencePolicy()
        if let tolerance = tolerance.flatMap(Tolerance.init) { result.tolerance = tolerance }
        result.only += only
        result.ignoredFiles += folders.ignoreFile
        result.ignoresMetadata = result.ignoresMetadata || ignoreMetadata
        result.allowsRename = result.allowsRename || allowRename
        return result
    }

    /// Whether an option is given that only checkpoints have; named for the message.
    var given: String? {
        if tolerance != nil { return "--tolerance" }
        if policy != nil { return "--policy" }
        if !only.isEmpty { return "--only" }
        if !folders.ignoreFile.isEmpty { return "--ignore-file" }
        let flags = [
            (ignoreMetadata, "--ignore-metadata"), (allowRename, "--allow-rename"), (stat, "--stat"), (all, "--all"),
            (byLayer, "--by-layer"), (markdown, "--markdown"), (html != nil, "--html"), (lora, "--lora"),
            (choice.weights != nil, "--weights"),
        ]
        return flags.first(where: \.0)?.1
    }
}
