import Checkpoints
import Compute
import Core

/// A network's adapters in a folder, twice: as PEFT saves them (`adapter_config.json`, `adapter_model.safetensors`)
/// and as diffusers does (`pytorch_lora_weights.safetensors`).
///
/// PEFT's file holds A and B as they are; α is in the configuration. Diffusers' file has no place for α that all of its
/// readers look at, and without one they take α = rank. So its B is multiplied by α / rank, rounded once to Float32:
/// the very bits where α = rank, and as exact where α / rank is a power of two.
package enum AdapterFiles {
    /// The folder's name in that of a model.
    package static let folder = "lora"
    /// PEFT's weights.
    package static let peftWeights = "adapter_model.safetensors"
    /// What PEFT puts before a layer's name.
    package static let peftPrefix = "base_model.model."

    /// Writes the adapters `adapters`, made by `recipe`, into `folder` of a model's folder.
    static func write(_ adapters: [LowRankUpdate], _ recipe: AdapterRecipe, into writer: FolderWriter) throws {
        try writer.write(configuration(recipe).pretty + "\n", to: "\(folder)/adapter_config.json")
        try writer.write(to: "\(folder)/\(peftWeights)") { append in
            try Safetensors.stream(
                tensors: adapters.flatMap { [$0.down, $0.up] }.map { (peftPrefix + $0.name, $0.value) },
                metadata: Safetensors.torchMetadata, append: append)
        }
        try writer.write(to: "\(folder)/pytorch_lora_weights.safetensors") { append in
            try Safetensors.stream(
                tensors: adapters.flatMap { adapter in
                    [("unet." + adapter.down.name, adapter.down.value), ("unet." + adapter.up.name, scaledUp(adapter))]
                }, metadata: Safetensors.torchMetadata, append: append)
        }
    }

    private static func scaledUp(_ adapter: LowRankUpdate) -> Tensor {
        let result = adapter.up.value.onHost.copy()
        let values = result.hostValues
        for index in values.indices { values[index] = Float(Double(values[index]) * adapter.scale) }
        return result
    }

    /// What PEFT's `LoraConfig` needs to build the same layers; all else are its defaults.
    private static func configuration(_ recipe: AdapterRecipe) -> JSONValue {
        [
            "peft_type": "LORA", "task_type": .null, "base_model_name_or_path": .null, "inference_mode": true,
            "r": .integer(recipe.rank), "lora_alpha": .decimal(recipe.alpha),
            "target_modules": .array(recipe.targets.map { .string($0) }), "lora_dropout": .decimal(0),
            "bias": "none", "fan_in_fan_out": false, "init_lora_weights": true, "modules_to_save": .null,
            "use_rslora": false, "use_dora": false,
        ]
    }
}
