import Compute
import Core

/// A module of an adapter at its place in a model: plain LoRA, scale · B·A onto one weight.
struct PlacedModule {
    /// The part of the model.
    let component: String
    /// The weight that it is added to, as diffusers and transformers name it, without `.weight`.
    let name: String
    let down: ConvertedTensor
    let up: ConvertedTensor
    let scale: Double

    var path: String { "\(component)/\(name)" }
    var rank: Int { down.tensor.shape[0] }

    /// The modules of an adapter, by their places, in byte order.
    /// - Parameters:
    ///   - tensors: those of the model, or of a part of it.
    ///   - dtype: the element type of the matrices; nil for their own.
    /// - Throws: `CheckpointError` (`adapter`) for what is more than plain LoRA, and where a module has no place, or not one
    ///   alone.
    static func all(
        _ adapter: LowRankAdapter, in tensors: [ModelTensor], as dtype: DType? = nil, file: String
    ) throws -> [PlacedModule] {
        func fault(_ tensor: String?, _ problem: String, _ expected: String? = nil, found: String? = nil)
            -> CheckpointError
        {
            CheckpointError(.adapter, file: file, tensor: tensor, problem, expected: expected, found: found)
        }
        if let change = adapter.baseChange {
            throw fault(nil, "init_lora_weights \(change.rawValue) changed the base", "plain LoRA")
        }
        if let saved = adapter.saved.first {
            throw fault(saved.name, "a module that was saved whole has no place in another layout", "plain LoRA")
        }
        var weights: [String: ModelTensor] = [:]
        for tensor in tensors { weights[tensor.path] = tensor }
        let names = ModuleNames(tensors.map(\.path))
        var result: [String: PlacedModule] = [:]
        for module in adapter.modules {
            if module.bias != nil || module.magnitude != nil {
                throw fault(
                    module.name, "has more than two matrices", "plain LoRA",
                    found: module.bias == nil ? "DoRA" : "a bias")
            }
            let found = names.candidates(of: module.name)
            guard found.count == 1, let weight = weights[found[0]] else {
                throw fault(
                    module.name, "is not the module of one weight of the base",
                    found: found.isEmpty ? "none" : found.joined(separator: ", "))
            }
            guard case .outFirst = module.orientation, MergedWeight.fits(module.shape, weight.tensor.shape) else {
                throw fault(
                    module.name, "does not fit the weight \(weight.path)", "\(weight.tensor.shape)",
                    found: "\(module.shape)")
            }
            let placed = PlacedModule(
                component: weight.component, name: String(weight.tensor.name.dropLast(".weight".count)),
                down: try ConvertedTensor(module.down, as: dtype, file: file),
                up: try ConvertedTensor(module.up, as: dtype, file: file), scale: module.scale)
            if result.updateValue(placed, forKey: placed.path) != nil {
                throw fault(module.name, "another module of the adapter is of the same weight", found: weight.path)
            }
        }
        return result.values.sorted { utf8Less($0.path, $1.path) }
    }

    /// The numerator that says the scale over the rank, exactly.
    /// - Throws: `CheckpointError` (`adapter`) where none does: the scale of rank-stabilised LoRA is over √rank.
    func alpha(file: String) throws -> Double {
        let nearest = scale * Double(rank)
        guard let alpha = [nearest, nearest.nextUp, nearest.nextDown].first(where: { $0 / Double(rank) == scale })
        else {
            throw CheckpointError(
                .adapter, file: file, tensor: name, "no alpha over the rank \(rank) is its scale", found: "\(scale)")
        }
        return alpha
    }

    /// The identity of what an adapter adds: of each weight the matrices and the scale.
    /// - Throws: what reading throws.
    static func digest(_ modules: [PlacedModule], file: String) throws -> Digest {
        try WeightsDigest.root(
            modules.flatMap { module in
                let scale = Tensor(uninitialized: [1], dtype: .f64)
                scale.storage.base.storeBytes(of: module.scale, as: Double.self)
                return try [("down", module.down), ("up", module.up)].map { part, matrix in
                    let name = "\(module.path).\(part)"
                    return (name, try matrix.made(file: file).digest(named: name))
                } + [("\(module.path).scale", scale.digest(named: "\(module.path).scale"))]
            })
    }
}
