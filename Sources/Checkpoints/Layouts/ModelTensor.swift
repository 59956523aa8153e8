/// A tensor of a model in the common form, and where it is stored.
package struct ModelTensor: Sendable {
    /// The part of the model: `unet`, `vae`, `text_encoder`, `text_encoder_2`, `clip`.
    package let component: String
    /// The tensor under its name in the part, as diffusers and transformers write it now.
    package let tensor: CheckpointTensor
    /// The tensor that it is, or is a part of, as the file has it.
    package let stored: CheckpointTensor
    /// How it lies in that.
    package let transform: LayoutTransform

    /// The name with the part in front, as tensors of a pipeline's folder are named.
    package var path: String { component.isEmpty ? tensor.name : "\(component)/\(tensor.name)" }

    /// The stored name; of a part of a joined tensor with its rows.
    package var storedName: String {
        guard case .rows(let part, _) = transform, let rows = tensor.shape.first else { return stored.name }
        return "\(stored.name)[\(part * rows):\((part + 1) * rows)]"
    }
}
