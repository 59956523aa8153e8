import Checkpoints
import Compute
import Core

/// Where the parts of a model lie in diffusers' folder layout; paths are from the model's folder.
enum ModelFolderLayout {
    /// What diffusers and transformers write into a file of weights.
    static let metadata = ["format": "pt"]

    static let unetWeights = "unet/diffusion_pytorch_model.safetensors"
    static let textEncoderWeights = "text_encoder/model.safetensors"

    /// Writes everything but weights. `dtype` is that of the weights that will lie there.
    static func writeConfigurations(
        into writer: FolderWriter, unet: UNetConfig, textEncoder: CLIPTextConfig, scheduler: SchedulerConfig,
        tokenizerFiles: TokenizerFiles, dtype: DType = .f32
    ) throws {
        try writer.write(unet.diffusersJSON.pretty + "\n", to: "unet/config.json")
        var text = textEncoder.transformersJSON
        if dtype == .f16, case .object(var members) = text {
            members["dtype"] = "float16"
            text = .object(members)
        }
        try writer.write(text.pretty + "\n", to: "text_encoder/config.json")
        try tokenizerFiles.write(into: writer, "tokenizer")
        try writer.write(scheduler.diffusersJSON.pretty + "\n", to: "scheduler/scheduler_config.json")
    }
}
