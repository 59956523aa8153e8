import Checkpoints
import Digests
import Tensors

/// Where the parts of a model lie in diffusers' folder layout.
struct ModelFolderLayout {
    /// The folder.
    let path: String

    /// What diffusers and transformers write into a file of weights.
    static let metadata = ["format": "pt"]

    var unetWeights: String { "\(path)/unet/diffusion_pytorch_model.safetensors" }
    var textEncoderWeights: String { "\(path)/text_encoder/model.safetensors" }

    /// Makes the folders and writes everything but weights. `dtype` is that of the weights that will lie there.
    func writeConfigurations(
        unet: UNetConfig, textEncoder: CLIPTextConfig, scheduler: SchedulerConfig,
        tokenizerFiles: TokenizerFiles, dtype: DType = .f32
    ) throws {
        for part in ["unet", "text_encoder", "tokenizer", "scheduler"] {
            try FileContents.makeFolder("\(path)/\(part)")
        }
        try AtomicFile.write(unet.diffusersJSON.pretty + "\n", to: "\(path)/unet/config.json")
        var text = textEncoder.transformersJSON
        if dtype == .f16, case .object(var members) = text {
            members["dtype"] = "float16"
            text = .object(members)
        }
        try AtomicFile.write(text.pretty + "\n", to: "\(path)/text_encoder/config.json")
        try tokenizerFiles.write(to: "\(path)/tokenizer")
        try AtomicFile.write(
            scheduler.diffusersJSON.pretty + "\n", to: "\(path)/scheduler/scheduler_config.json")
    }
}
