import ArgumentParser
import Checkpoints
import Compute
import Core
import Ledger

/// `smpo convert`
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Write a checkpoint in another layout or container, and prove that it is the same.",
        discussion: """
            IN is a checkpoint as smpo diff takes it: safetensors, PyTorch (.bin,
            .pt, .ckpt; nothing in it is run), GGUF, an index of shards, a model's
            or pipeline's folder. OUT is a safetensors file where it ends with
            .safetensors, else a new folder as diffusers and transformers save it.

            A folder of a pipeline goes into one file with LDM's names (Stable
            Diffusion 1.x, XL), such a file into a folder; all else keeps its
            names, unless --to says which are written. Joined q, k, v are split or
            joined, projections turned, [C,C,1,1] and [C,C] as each layout has
            them. Configurations and tokenizers are copied from the input's folder,
            or from the one that --configuration names. What the layout has no
            place for (noise schedules, averaged weights, the state of a training)
            is listed.

            Tensors are written one by one: a file may be larger than the memory.
            What was written is read again: the digest of each part's weights must
            be that of the input, in the element types that are written, or nothing
            is left behind. OUT replaces a file whole; a folder that holds anything
            is refused.

            With --base, IN is an adapter (LoRA) of PEFT, diffusers or kohya's
            scripts, which becomes PEFT's folder or a file of one of the others.
            The base's weights say which module is which. The matrices stay as they
            are; the digest is of them and of each module's scale. DoRA and other
            kinds are refused by name.

            EXAMPLES
              smpo convert v1-5-pruned.safetensors sd15 --configuration sd15-configs
              smpo convert sd15 sd15.safetensors
              smpo convert model.ckpt model.safetensors --weights ema --to ldm
              smpo convert pytorch_model.bin model.safetensors
              smpo convert sdxl sdxl-fp16 --dtype f16 --variant fp16
              smpo convert open_clip.pt clip --to diffusers --configuration clip-h
              smpo convert run/lora lora.safetensors --to kohya --base sdxl
              smpo convert kohya.safetensors lora --to peft --base sdxl

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Argument(help: "A checkpoint: file, index or folder.")
    var input: String

    @Argument(help: "A file that ends with .safetensors, or a new folder.")
    var output: String

    @Option(
        help: ArgumentHelp(
            "The names that are written: same, diffusers (transformers' too), ldm or open_clip; of an adapter peft, diffusers or kohya.",
            valueName: "layout"))
    var to: ConvertedNames?

    @Option(help: ArgumentHelp("The model that an adapter is for, in any layout.", valueName: "checkpoint"))
    var base: String?

    @Option(help: ArgumentHelp("The type of floating-point numbers: f32 or f16. (default: as they are)"))
    var dtype: String?

    @Option(help: ArgumentHelp("The folder with configurations and tokenizers for a folder.", valueName: "folder"))
    var configuration: String?

    @Option(help: ArgumentHelp("The variant in the names of a folder's files of weights, such as fp16."))
    var variant: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var choice: WeightsOptions
    @OptionGroup var folders: FolderOptions

    func validate() throws {
        if let dtype, !["f32", "f16"].contains(dtype) {
            throw ValidationError("--dtype must be f32 or f16, found \(dtype)")
        }
        if let variant, variant.isEmpty || variant.contains(where: { "./".contains($0) }) {
            throw ValidationError("--variant must be a word such as fp16, found \"\(variant)\"")
        }
        let isFile = output.hasSuffix(".safetensors")
        if base != nil {
            guard let adapter = to?.adapter else {
                throw ValidationError("--base is for adapters: --to peft, diffusers or kohya")
            }
            guard isFile == (adapter != .peft) else {
                throw ValidationError(
                    "--to \(adapter.rawValue) of an adapter writes a "
                        + (isFile ? "folder" : "file that ends with .safetensors"))
            }
        } else if let to, to.model == nil {
            throw ValidationError("--to \(to.rawValue) is for adapters and needs the model in --base")
        }
        if isFile && (variant != nil || configuration != nil) {
            throw ValidationError("--variant and --configuration are for a folder; \(output) is a file")
        }
    }

    func run() throws {
        try OutputFile("OUT", output).require(sparing: [input, configuration, base], Workspace())
        let opened = try Checkpoint(opening: input, ignoring: folders.ignoreFile)
        let dtype: DType? = self.dtype.map { $0 == "f16" ? .f16 : .f32 }
        if let layout = to?.adapter, let base {
            let model = try Checkpoint(opening: base, ignoring: folders.ignoreFile)
            return try convert(AdapterConversion(opened, for: model, as: layout, dtype: dtype), to: layout)
        }
        var choices = ConversionPlan.Choices()
        choices.layout = to?.model
        choices.dtype = dtype
        choices.weights = choice.weights ?? .plain
        (choices.configuration, choices.variant) = (configuration, variant)
        let plan = try ConversionPlan(opened, to: output, choices)
        // A folder that was begun is more than a handler of signals could take away.
        Interrupt.listen()
        let proofs = try Conversion(plan, proceed: EncodingProgress.stopIfAsked).run(to: output)
        if json {
            print(document(plan, proofs).pretty)
            return
        }
        Message.line("\(input): \(plan.contents.layout), \(opened.tensors.count) tensors")
        Message.line(
            "\(output): \(plan.layout.rawValue == "same" ? "the same names" : "names of \(plan.layout.rawValue)")")
        for proof in proofs {
            Message.line(
                "\(proof.after.hex)  \(proof.part.isEmpty ? "all tensors" : proof.part): the same before and after")
        }
        if !plan.leftOut.isEmpty {
            Message.line("left out (\(plan.leftOut.count))")
            for (name, why) in plan.leftOut { Message.line("  \(name): \(why)") }
        }
    }

    private func convert(_ conversion: AdapterConversion, to layout: AdapterLayout) throws {
        let (before, after) = try conversion.run(to: output)
        if json {
            print(
                JSONValue.object([
                    "schema": "smpo/adapter-conversion/1", "input": .string(input), "output": .string(output),
                    "to": .string(layout.rawValue), "modules": .integer(conversion.moduleCount),
                    "components": .array(conversion.components.map { .string($0) }), "before": .digest(before),
                    "after": .digest(after),
                ]).pretty)
            return
        }
        let parts = conversion.components.joined(separator: ", ")
        Message.line("\(input): an adapter of \(conversion.moduleCount) modules of \(parts)")
        Message.line("\(output): names of \(layout.rawValue)")
        Message.line("\(after.hex)  matrices and scales: the same before and after")
    }

    private func document(_ plan: ConversionPlan, _ proofs: [Conversion.Proof]) -> JSONValue {
        [
            "schema": "smpo/conversion/1", "input": .string(input), "output": .string(output),
            "from": .string(plan.contents.layout), "to": .string(plan.layout.rawValue),
            "components": .array(
                proofs.map {
                    ["name": .string($0.part), "before": .digest($0.before), "after": .digest($0.after)]
                }),
            "left_out": .array(plan.leftOut.map { ["name": .string($0.name), "why": .string($0.why)] }),
        ]
    }
}
