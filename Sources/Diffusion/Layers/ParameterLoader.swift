import Checkpoints
import Compute

/// Hands parameters to the layers of a model by their diffusers names: read from a checkpoint, fresh from a seed,
/// or shapes without numbers.
package final class ParameterLoader {
    private enum Origin {
        case checkpoint(Checkpoint)
        case seed(UInt64, Engine?)
        case shapes(ShapeDevice)
        case shapesOf(Checkpoint, ShapeDevice)
    }

    private let origin: Origin
    /// What was asked for, in the order of asking.
    package private(set) var requests: [ParameterRequest] = []
    /// Every parameter handed out, in the order of asking.
    private var parameters: [Parameter] = []

    /// Which layers get an adapter, or nil for none.
    let adapterRecipe: AdapterRecipe?
    /// The adapters handed out, in the order of asking.
    private(set) var adapters: [LowRankUpdate] = []
    /// The layers that could have one.
    private(set) var modules: [String] = []

    /// Reads from `source`. The layers that `adapters` names get fresh adapters besides.
    package init(source: Checkpoint, adapters: AdapterRecipe? = nil) {
        origin = .checkpoint(source)
        adapterRecipe = adapters
    }

    /// Shares the weights of `parameters` as they are now with the network that is built.
    package convenience init(sharing parameters: [Parameter], adapters: AdapterRecipe? = nil) throws {
        self.init(source: try Checkpoint(inMemory: parameters.map { ($0.name, $0.value) }), adapters: adapters)
    }

    /// Makes fresh parameters from the run's initialization stream, by the workers of `engine` where one is given.
    package init(seed: UInt64, engine: Engine? = nil) {
        origin = .seed(seed, engine)
        adapterRecipe = nil
    }

    /// Makes parameters that have shapes and no numbers: a model of them takes no memory, whatever its size, knows what it
    /// asked for, and runs on `device`, which computes nothing.
    package init(shapesOn device: ShapeDevice = ShapeDevice(), adapters: AdapterRecipe? = nil) {
        origin = .shapes(device)
        adapterRecipe = adapters
    }

    /// Makes parameters without numbers for the tensors of `source`, which must have their shapes: a model is held against its
    /// file's header alone.
    package init(shapesOf source: Checkpoint, on device: ShapeDevice) {
        origin = .shapesOf(source, device)
        adapterRecipe = nil
    }

    /// The checkpoint that parameters are of; nil where they are of none.
    private var source: Checkpoint? {
        switch origin {
        case .checkpoint(let source), .shapesOf(let source, _): source
        case .seed, .shapes: nil
        }
    }

    /// The parameter `name` of `shape`. Throws `CheckpointError` if the checkpoint lacks it or has another shape.
    /// - Parameter formerly: what older files call it; they may also have axes of 1 behind those of the shape.
    package func parameter(
        _ name: String, _ shape: [Int], _ fill: Initialization, formerly old: String? = nil
    ) throws -> Parameter {
        let request = ParameterRequest(name: name, shape: shape, fill: fill, number: requests.count, formerly: old)
        let value =
            switch origin {
            case .checkpoint(let source):
                try old.map { try ParameterLoader.stored(name, formerly: $0, shape, in: source) }
                    ?? source.float32(named: name, shape: shape)
            case .seed(let seed, let engine): request.drawn(seed: seed, on: engine)
            case .shapes(let device): device.tensor(shape)
            case .shapesOf(let source, let device): device.tensor(try source.require(named: name, shape: shape).shape)
            }
        let parameter = Parameter(name: name, value: value)
        requests.append(request)
        parameters.append(parameter)
        return parameter
    }

    private static func stored(
        _ name: String, formerly old: String, _ shape: [Int], in source: Checkpoint
    ) throws -> Tensor {
        if source.contains(name), source.contains(old) {
            throw CheckpointError(
                .layout, file: source.path, tensor: name, "is there under its older name, too", expected: "one of both",
                found: old)
        }
        let found = source.contains(old) ? old : name
        let stored = try source.require(named: found).shape
        let isMatrix = stored.starts(with: shape) && stored.dropFirst(shape.count).allSatisfy { $0 == 1 }
        return try source.float32(named: found, shape: isMatrix ? stored : shape).reshaped(shape)
    }

    /// The adapter of the layer `module` with a weight of this shape, if it is to have one; `geometry` is that of a
    /// convolution. Its A comes from the adapters' own seed, whatever the weights come from.
    func adapter(of module: String, weight: [Int], _ geometry: ConvolutionGeometry? = nil) -> LowRankUpdate? {
        modules.append(module)
        guard let recipe = adapterRecipe, recipe.adapts(module) else { return nil }
        let requests = LowRankUpdate.requests(module, weight: weight, number: modules.count - 1, rank: recipe.rank)
        func parameter(_ request: ParameterRequest) -> Parameter {
            if case .shapes(let device) = origin {
                return Parameter(name: request.name, value: device.tensor(request.shape))
            }
            return Parameter(name: request.name, value: request.drawn(seed: recipe.ownSeed))
        }
        let adapter = LowRankUpdate(
            module, down: parameter(requests.down), up: parameter(requests.up),
            scale: recipe.alpha / Double(recipe.rank), geometry: geometry)
        adapters.append(adapter)
        return adapter
    }

    /// Whether the checkpoint has a tensor of this name (models without one have what they ask for).
    package func contains(_ name: String) -> Bool {
        source?.contains(name) ?? true
    }

    /// Throws `CheckpointError` (`layout`) where the checkpoint has a tensor that nothing asked for: the model is another one
    /// than its configuration says.
    package func requireNothingLeft() throws {
        guard let source else { return }
        let asked = Set(requests.map { Array($0.name.utf8) })
        guard let left = source.names.first(where: { !asked.contains(Array($0.utf8)) }) else { return }
        throw CheckpointError(
            .layout, file: source.path, tensor: left, "is of no layer of the model that its configuration says",
            hint: "the configuration and the weights are of different models")
    }

    /// The parameters in the byte order of their names: the order of digests and of every sum over parameters.
    package func sorted() -> [Parameter] {
        parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
