import Checkpoints
import Comparison
import Compute
import Core
import Ledger
import Training

/// The gradients of a step that a run has kept (`record.gradients`): what its optimiser took.
struct KeptGradients {
    /// A gradient of the run is not at hand.
    struct Missing: Error, CustomStringConvertible {
        let run: String, step: Int, name: String
        var description: String {
            "\(run), step \(step): the gradient of \(name) was not kept; a walk over a run's updates needs those of "
                + "every step (record.gradients)"
        }
    }

    private let run: Run
    private let step: Int
    private let places: [String: StoredTensor]
    private let trace: StepTrace?

    /// Those of step `step`.
    init(of step: Int, _ run: Run) throws {
        (self.run, self.step) = (run, step)
        places = Dictionary(
            try run.storedTensors(of: step).filter { $0.phase == .gradient }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first })
        trace = try run.ledgerTrace(of: step)
    }

    /// Puts them into the parameters, a tensor at a time; the first that is no finite number, if there is one.
    /// - Throws: `Missing`, `CheckpointError`, and `TamperError` for one that is not what the step's record says.
    func put(into model: any TrainableModel) throws -> Divergence? {
        var files: [Digest: OpenFile] = [:]
        for (name, parameter) in model.parameters {
            parameter.clearGradient()
            let expected = trace?.digest(of: name, in: .gradient)
            guard let place = places[name] else {
                // A parameter that took no part has none.
                if expected == nil, trace?.tensors[.gradient] != nil { continue }
                throw Missing(run: run.name, step: step, name: name)
            }
            let path = run.workspace.objects.path(of: place.object)
            func tampered(_ expected: String, _ found: String) -> TamperError {
                TamperError(
                    file: path, run: run.name, step: step, field: "the kept gradient of \(name)", expected: expected,
                    found: found)
            }
            let shape = parameter.value.shape
            guard place.dtype == DType.f32.rawValue, place.shape == shape, place.count == 4 * shape.reduce(1, *) else {
                throw tampered("Float32 in \(shape)", "\(place.count) bytes of \(place.dtype) in \(place.shape)")
            }
            let file = try files[place.object] ?? OpenFile(path: path)
            files[place.object] = file
            let tensor = Tensor(uninitialized: shape)
            try file.read(place.count, at: place.offset, into: tensor.storage.base)
            let found = tensor.digest(named: name)
            if let expected, expected != found { throw tampered(expected.hex, found.hex) }
            let gradient = model.engine.placed(tensor)
            parameter.replaceGradient(with: gradient)
            if let place = model.engine.firstNonFinite(gradient) {
                return Divergence(
                    step: step, phase: .gradient, tensor: "\(name)[\(place.index)]", expected: "a finite number",
                    found: "\(place.value)")
            }
        }
        return nil
    }
}
