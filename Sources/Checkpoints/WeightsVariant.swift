/// Which form of a model's weights is read where its folder has several: the variant is what stands in the files' names
/// before the ending, as `fp16` in `model.fp16.safetensors`.
package enum WeightsVariant: Sendable, Equatable {
    /// The plain names; where there are none, the only other form.
    case whatIsThere
    /// The plain names alone.
    case plain
    /// Those of this variant; of a component that has none the plain ones, as diffusers does.
    case named(String)
}
