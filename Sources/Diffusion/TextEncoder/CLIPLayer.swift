import Compute

/// A pre-norm transformer layer of CLIP's towers: `CLIPEncoderLayer` of transformers.
struct CLIPLayer: Sendable {
    /// The sizes of a layer.
    struct Shape: Sendable {
        let width: Int
        let inner: Int
        let heads: Int
        let activation: CLIPTextConfig.Activation
        let eps: Double
    }

    let norm1: LayerNorm
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    let norm2: LayerNorm
    let fc1: Linear
    let fc2: Linear
    let heads: Int
    let activation: Activation
    let isCausal: Bool

    /// A layer under `name`; `isCausal` for text, whose tokens see only those before them.
    init(_ loader: ParameterLoader, _ name: String, shape: Shape, isCausal: Bool) throws {
        let width = shape.width
        norm1 = try LayerNorm(loader, "\(name).layer_norm1", width, eps: shape.eps)
        query = try Linear(loader, "\(name).self_attn.q_proj", width, width)
        key = try Linear(loader, "\(name).self_attn.k_proj", width, width)
        value = try Linear(loader, "\(name).self_attn.v_proj", width, width)
        output = try Linear(loader, "\(name).self_attn.out_proj", width, width)
        norm2 = try LayerNorm(loader, "\(name).layer_norm2", width, eps: shape.eps)
        fc1 = try Linear(loader, "\(name).mlp.fc1", width, shape.inner)
        fc2 = try Linear(loader, "\(name).mlp.fc2", shape.inner, width)
        heads = shape.heads
        activation = shape.activation == .quickGELU ? .quickGELU : .gelu
        self.isCausal = isCausal
    }

    func callAsFunction(_ tape: Tape, _ x: Variable) -> Variable {
        tape.block([x]) { tape, inputs in
            var x = inputs[0]
            let h = norm1(tape, x)
            let attended = tape.attention(
                query(tape, h), key(tape, h), value(tape, h), heads: heads, causal: isCausal)
            x = tape.add(x, output(tape, attended))
            return tape.add(x, fc2(tape, tape.apply(activation, fc1(tape, norm2(tape, x)))))
        }
    }
}

extension CLIPTextConfig {
    var layer: CLIPLayer.Shape {
        CLIPLayer.Shape(
            width: hiddenSize, inner: intermediateSize, heads: numAttentionHeads, activation: hiddenAct,
            eps: layerNormEps)
    }
}
