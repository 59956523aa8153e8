import Checkpoints
import Compute

/// Linear layers one after another, with dropout between them in training and so with nothing at evaluation, or with
/// max(0, x) after all but the last: the heads of LAION's aesthetic predictor and of ImageReward. Layers are kept apart,
/// because that is how they are trained and stored.
package struct LinearStack: Sendable {
    /// Places of the layers in the `torch.nn.Sequential` that they are stored by, and what that says of the stack.
    private static let known: [(places: [Int], rectifies: Bool)] = [
        ([0, 2, 4, 6, 7], false), ([0, 3, 6, 9, 11], true),
    ]

    /// Width of a row that goes in.
    package let inputWidth: Int
    /// Whether max(0, x) stands behind all layers but the last.
    package let rectifies: Bool
    /// All parameters in the byte order of their names.
    package let parameters: [Parameter]
    private let layers: [Linear]

    /// Opens the layers `layers.N` of a checkpoint that has no others, or its only layer, `weight` and `bias`.
    /// - Throws: `CheckpointError` for places of another stack, shapes that do not follow each other, more than one result.
    package init(_ source: Checkpoint) throws {
        let loader = ParameterLoader(source: source)
        var names: [String]
        if source.contains("weight") {
            (names, rectifies) = ([""], false)
        } else {
            let places = Set(
                source.names.compactMap { name -> Int? in
                    let words = name.split(separator: ".")
                    return words.count == 3 && words[0] == "layers" ? Int(words[1]) : nil
                }
            ).sorted()
            guard let known = LinearStack.known.first(where: { $0.places == places }) else {
                throw CheckpointError(
                    .layout, file: source.path, "no stack of linear layers that is known",
                    expected: LinearStack.known.map { stack in
                        "layers.\(stack.places.map(String.init).joined(separator: ", ")) "
                            + (stack.rectifies ? "(ReLU between them)" : "(nothing between them)")
                    }.joined(separator: " or ") + ", or weight and bias",
                    found: places.isEmpty
                        ? source.names.first : "layers.\(places.map(String.init).joined(separator: ", "))")
            }
            (names, rectifies) = (known.places.map { "layers.\($0)." }, known.rectifies)
        }
        var width: Int?
        var layers: [Linear] = []
        for name in names {
            let weight = try source.require(named: "\(name)weight")
            guard weight.shape.count == 2, width == nil || weight.shape[1] == width else {
                throw CheckpointError(
                    .shape, file: source.path, tensor: weight.name, "does not follow the layer before it",
                    expected: "[out, \(width.map(String.init) ?? "in")]", found: "\(weight.shape)")
            }
            width = weight.shape[0]
            layers.append(try Linear(loader, String(name.dropLast()), weight.shape[1], weight.shape[0]))
        }
        guard width == 1 else {
            throw CheckpointError(
                .shape, file: source.path, tensor: "\(names[names.count - 1])weight", "gives more than one number",
                expected: "[1, in]", found: "[\(width ?? 0), …]")
        }
        try loader.requireNothingLeft()
        self.layers = layers
        inputWidth = layers[0].weight.value.shape[1]
        parameters = loader.sorted()
    }

    /// The number that each row of x [n, width] comes to: [n, 1].
    package func callAsFunction(_ engine: Engine, _ x: Tensor) -> Tensor {
        engine.place(parameters)
        var y = engine.placed(x)
        for (place, layer) in layers.enumerated() {
            y = layer.apply(engine, y)
            if rectifies, place < layers.count - 1 {
                y = engine.tensor(y.floats.map { max(0, $0) }, shape: y.shape)
            }
        }
        return y
    }

    /// The affine map that a stack with nothing between its layers is: a weight for each number of a row, and what is added.
    /// Nil for one that rectifies. Computed in Float64.
    package var folded: (weight: [Double], bias: Double)? {
        guard !rectifies else { return nil }
        var (weight, bias): ([Double], Double) = ([1], 0)
        for layer in layers.reversed() {
            let (matrix, offsets) = (layer.weight.value.floats, layer.bias?.value.floats ?? [])
            let columns = layer.weight.value.shape[1]
            bias += zip(weight, offsets).reduce(0) { $0 + $1.0 * Double($1.1) }
            weight = (0..<columns).map { column in
                weight.indices.reduce(0) { $0 + weight[$1] * Double(matrix[$1 * columns + column]) }
            }
        }
        return (weight, bias)
    }
}
