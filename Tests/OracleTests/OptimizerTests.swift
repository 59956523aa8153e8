import Checkpoints
import Compute
import Core
import Testing

@testable import Training

/// Optimisers, learning rates and moving averages against traces of PyTorch, transformers and diffusers;
/// `Fixtures/optimizers/make.py` made them.
@Suite struct OptimizerTests {
    private static let folder = "\(Oracle.fixtures.folder)/optimizers"

    private static func json(_ name: String) throws -> JSONCursor {
        JSONCursor(try JSONValue.read("\(folder)/\(name)"), name: name, file: name)
    }

    private static func settings(_ hp: JSONCursor) throws -> any OptimizerSettings {
        let decay = try hp["weight_decay"].double()
        switch try hp["name"].string() {
        case "adamw":
            return AdamW.Settings(
                beta1: try hp["betas"][0].double(), beta2: try hp["betas"][1].double(), eps: try hp["eps"].double(),
                weightDecay: decay)
        case "adafactor":
            return Adafactor.Settings(
                clipThreshold: try hp["clip_threshold"].double(), decayRate: try hp["decay_rate"].double(),
                weightDecay: decay)
        default: return SGD.Settings(momentum: try hp["momentum"].double(), weightDecay: decay)
        }
    }

    /// Weights after two and ten updates whose rate rises from 0, within the limit of all oracle cases: 20 times the
    /// distance that the other framework's Float32 has from its Float64.
    @Test(arguments: ["adamw", "adamw-other", "adafactor", "adafactor-other", "sgd", "sgd-momentum"])
    func followsTheTrace(label: String) throws {
        let file = try Checkpoint(safetensors: "\(Self.folder)/traces.safetensors")
        let report = try Self.json("traces.json")
        let (hp, steps, lr) = (try report["cases"][label], try report["steps"].int(), try report["lr"].double())
        let parameters = try file.names.filter { $0.hasPrefix("start/") }.map { name in
            let parameter = Parameter(
                name: String(name.dropFirst(6)), value: try file.float32(named: name).copy())
            parameter.isTrainable = true
            return parameter
        }
        #expect(parameters.count == 6)
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let settings = try Self.settings(hp)
        let optimizer = settings.makeOptimizer(parameters.map { ($0.name, $0) })
        for k in 0..<steps {
            for parameter in parameters {
                let gradients = try file.float32(named: "gradient/\(parameter.name)")
                parameter.replaceGradient(
                    with: gradients.slice(k..<k + 1).copy().reshaped(Array(gradients.shape.dropFirst())))
            }
            optimizer.update(parameters, lr: lr * Double(k) / Double(steps), engine: engine)
            for parameter in parameters {
                let name = "\(k + 1)/\(parameter.name)"
                if k == 0 {
                    #expect(parameter.value.floats == (try file.float32(named: "start/\(parameter.name)").floats))
                }
                guard file.names.contains("\(label)/\(name)") else { continue }
                let expected = try file.float32(named: "\(label)/\(name)")
                let distance = Oracle.distance(parameter.value, expected)
                // A single number may lie nearer to the exact one than its format allows others to.
                let yardstick = max(try hp["yardsticks"][name].double(), 2e-8)
                #expect(distance <= Oracle.limit * yardstick, "\(name): \(distance / yardstick) yardsticks")
            }
        }
        #expect(optimizer.updates == steps)
        // Means of squares: sums of at most 270 rounded terms, ten times averaged.
        for (name, tensor) in optimizer.stateTensors where file.names.contains("\(label)/\(name)") {
            #expect(Oracle.distance(tensor, try file.float32(named: "\(label)/\(name)")) < 1e-6, "\(name)")
        }
        if settings is Adafactor.Settings {
            #expect(file.names.filter { $0.hasPrefix("\(label)/") && !$0.contains("/1") }.count == 6 + 10)
        }
        // The plan of memory counts a state of the same shapes.
        let device = ShapeDevice()
        let outlines = parameters.map { Parameter(name: $0.name, value: device.tensor($0.value.shape)) }
        for outline in outlines { outline.replaceGradient(with: outline.value.zeros()) }
        let counted = settings.makeOptimizer(outlines.map { ($0.name, $0) })
        counted.update(outlines, lr: lr, engine: Engine(device: device))
        #expect(counted.stateTensors.map(\.name) == optimizer.stateTensors.map(\.name))
        #expect(counted.stateTensors.map(\.tensor.shape) == optimizer.stateTensors.map(\.tensor.shape))
    }

    /// A state that is put back goes on as if it had never been away.
    @Test(arguments: ["adamw", "adafactor", "sgd", "sgd-momentum"])
    func goesOnFromASavedState(label: String) throws {
        let file = try Checkpoint(safetensors: "\(Self.folder)/traces.safetensors")
        let settings = try Self.settings(try Self.json("traces.json")["cases"][label])
        let engine = Engine()
        defer { engine.stop() }
        let parameters = try ["vector", "matrix", "conv3"].map {
            Parameter(name: $0, value: try file.float32(named: "start/\($0)").copy())
        }
        func update(_ optimizer: any Optimizer, _ parameters: [Parameter], _ k: Int) throws {
            for parameter in parameters {
                let gradients = try file.float32(named: "gradient/\(parameter.name)")
                parameter.replaceGradient(
                    with: gradients.slice(k..<k + 1).copy().reshaped(Array(gradients.shape.dropFirst())))
            }
            optimizer.update(parameters, lr: 1e-2, engine: engine)
        }
        let optimizer = settings.makeOptimizer(parameters.map { ($0.name, $0) })
        for k in 0..<3 { try update(optimizer, parameters, k) }
        let copies = parameters.map { Parameter(name: $0.name, value: $0.value.copy()) }
        let other = settings.makeOptimizer(copies.map { ($0.name, $0) })
        let (numbers, tensors) = (optimizer.stateNumbers, optimizer.stateTensors)
        try other.restore(
            updates: optimizer.updates, number: { key in try #require(numbers.first { $0.key == key }).value },
            tensor: { name, shape in
                let tensor = try #require(tensors.first { $0.name == name }).tensor
                #expect(tensor.shape == shape)
                return tensor.copy()
            })
        for k in 3..<5 {
            try update(optimizer, parameters, k)
            try update(other, copies, k)
        }
        #expect(zip(parameters, copies).allSatisfy { $0.value.floats == $1.value.floats })
        #expect(try optimizer.stateDigest(on: engine) == (try other.stateDigest(on: engine)))
        #expect(optimizer.scalars == other.scalars)
        #expect((try optimizer.stateDigest(on: engine) == nil) == (label == "sgd"))
        // One parameter alone makes the same update, and one with another setting does not.
        for (index, parameter) in parameters.enumerated() {
            func alone(_ change: OptimizerChange?) throws -> [Float] {
                let copy = Parameter(name: parameter.name, value: parameter.value.copy())
                try update(optimizer.alone(index, changing: change), [copy], 5)
                return copy.value.floats
            }
            let copy = copies[index]
            try update(other.alone(index, changing: nil), [copy], 5)
            #expect(try alone(nil) == copy.value.floats)
            #expect(try (alone(.momentDecay) == copy.value.floats) == (label == "sgd"))
            #expect(try (alone(.weightDecay) == copy.value.floats) == (label == "sgd"))
        }
    }
}
