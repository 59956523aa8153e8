/// The names that an adapter can be written in.
package enum AdapterLayout: String, Sendable, CaseIterable {
    /// PEFT's folder, of one part of a model: `adapter_config.json` and `adapter_model.safetensors`.
    case peft
    /// The single file of diffusers' pipelines: the part before each name, the configurations in the header.
    case diffusers
    /// The single file of kohya's scripts, which web interfaces read: dots as underscores, `alpha` as a tensor, and the
    /// UNet's modules of SDXL by LDM's blocks.
    case kohya
}
