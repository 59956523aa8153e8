import ArgumentParser
import Studies

/// What `smpo eval` takes besides models where it draws the pictures of a file of prompts.
struct PromptEvaluationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File of prompts: HPDv2's lists or their folder, PartiPrompts' table, Pick-a-Pic's Parquet, ImageReward's list, or text, a prompt a line.",
            valueName: "file"))
    var prompts: String?

    @Option(
        help: ArgumentHelp(
            "Reward models, KIND=PATH between commas, and their parts, KIND.PART=VALUE: processor, head, reader, resize_order, antialias, pictures (png or jpeg). A kind alone (pickscore, hpsv2, imagereward, aesthetic) is rewards/KIND. Repeatable.",
            valueName: "list"))
    var rewards: [String] = []

    @Option(help: "Draw so many prompts alone, of each style the first (default: all).")
    var count: Int?

    @Option(help: "Seed of the noise (default: 1; 0 with --same-noise).")
    var seed: UInt64?

    @Flag(help: "Begin every prompt's picture from the same noise (default: each prompt from its place's).")
    var sameNoise = false

    @Option(help: "Pictures that are drawn at once (default: 1 over latents, 50 over pictures). No bit depends on it.")
    var batch: Int?

    @Option(
        help:
            "Processes that draw and score side by side, or tasks elsewhere; each opens the models for itself (default: 1; 8 tasks)."
    )
    var jobs: Int?

    @Option(help: "Folder that keeps pictures and scores (default: .smpo/pictures).")
    var pictures: String?

    @Option(help: "Write a page of the tables and of pictures side by side, in one file.")
    var page: String?

    @Option(
        help: ArgumentHelp(
            "Make the evaluation of this report (--json) again, nothing kept from before, and compare. --prompts, --model, --reference and --rewards say where files lie that are elsewhere now.",
            valueName: "report"))
    var check: String?

    @Option(help: "With --check: write the report that was made now.")
    var out: String?

    /// Which of how many shares of the prompts this process draws and scores.
    @Option(help: .hidden)
    var share: String?

    /// Where scores are kept, for the processes of a check.
    @Option(help: .hidden)
    var scoresFolder: String?

    func validate() throws {
        if out != nil && check == nil { throw ValidationError("--out goes with --check") }
        if check != nil {
            if page != nil { throw ValidationError("--page is not for --check") }
        } else if prompts == nil {
            let given = [
                ("--rewards", !rewards.isEmpty), ("--count", count != nil), ("--seed", seed != nil),
                ("--same-noise", sameNoise), ("--batch", batch != nil), ("--jobs", jobs != nil),
                ("--pictures", pictures != nil), ("--page", page != nil), ("--share", share != nil),
            ]
            if let one = given.first(where: \.1) { throw ValidationError("\(one.0) goes with --prompts") }
        } else if rewards.isEmpty {
            throw ValidationError("--prompts needs reward models: --rewards pickscore=PATH,…")
        }
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
        if let batch, !(1...1024).contains(batch) { throw ValidationError("--batch must be between 1 and 1024") }
        if let jobs, !(1...256).contains(jobs) {
            throw ValidationError("--jobs must be between 1 and 256, found \(jobs)")
        }
        if let page, !page.hasSuffix(".html") {
            throw ValidationError("--page: expected the name of a file that ends in .html, found \"\(page)\"")
        }
        if share != nil, shares == nil {
            throw ValidationError("--share: expected K/N, found \"\(share ?? "")\"")
        }
    }

    /// Number and count of the shares; nil where this process does all.
    var shares: (number: Int, count: Int)? {
        let numbers = (share ?? "").split(separator: "/", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard numbers.count == 2, numbers[1] >= 1, (0..<numbers[1]).contains(numbers[0]) else { return nil }
        return (numbers[0], numbers[1])
    }

    /// The rule of the noise.
    var noise: NoiseRule { sameNoise ? .same : .ofPlace }

    /// The seed of the noise.
    var noiseSeed: UInt64 { seed ?? (sameNoise ? 0 : 1) }
}

extension SamplerOptions {
    /// An option that was given and means nothing where the shapes world is judged; nil where there is none.
    var isForPrompts: String? {
        [
            ("--scheduler", scheduler != nil), ("--spacing", spacing != nil), ("--karras", karras != nil),
            ("--guidance", guidance != nil), ("--eta", eta != 0),
        ].first(where: \.1)?.0
    }
}

extension PromptOptions {
    /// The same of these options.
    var isForPrompts: String? {
        [
            ("--negative", negative != nil), ("--prompt-2", second != nil), ("--clip-skip", clipSkip != 0),
            ("--size", size != nil), ("--height", height != nil), ("--width", width != nil),
            ("--original-size", originalSize != nil), ("--crop", crop != nil), ("--target-size", targetSize != nil),
        ].first(where: \.1)?.0
    }
}

extension ModelOptions {
    /// The same of these options.
    var isForPrompts: String? {
        [
            ("--variant", variant != nil), ("--vae", vae != nil), ("--configuration", configuration != nil),
            ("--weights", weightsOptions.weights != nil),
        ].first(where: \.1)?.0
    }
}
