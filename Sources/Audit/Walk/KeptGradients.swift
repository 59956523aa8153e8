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
    private let values: StoredValues?

    /// Those of step `step`.
    init(of step: Int, _ run: Run) throws {
        (self.run, self.step) = (run, step)
        values = try run.storedValues(of: step)
    }

    /// Puts them into the parameters; the first that is no finite number, if there is one. All that is stored of the step is
    /// read on the way, once and in blocks, and held against its record.
    /// - Throws: `Missing`, `MissingObject`, `FileError`, and `TamperError` for what is not as the step's record says.
    func put(into model: any TrainableModel) throws -> Divergence? {
        var targets: [Int: Tensor] = [:]
        var found: [(name: String, parameter: Parameter, tensor: Tensor)] = []
        let places = Dictionary(
            (values?.places ?? []).enumerated().filter { $0.element.phase == .gradient }.map {
                ($0.element.name, $0.offset)
            }, uniquingKeysWith: { first, _ in first })
        for (name, parameter) in model.parameters {
            // What the parameters have of the step before would be as much memory again.
            parameter.clearGradient()
            guard let index = places[name], let place = values?.places[index] else {
                // A parameter that took no part has none.
                if let values, values.step.tensors[.gradient] != nil, values.step.digest(of: name, in: .gradient) == nil
                {
                    continue
                }
                throw Missing(run: run.name, step: step, name: name)
            }
            let shape = parameter.value.shape
            guard place.dtype == DType.f32.rawValue, place.shape == shape, place.count == 4 * shape.reduce(1, *) else {
                throw TamperError(
                    file: run.workspace.objects.path(of: place.object), run: run.name, step: step,
                    field: "the kept gradient of \(name)", expected: "Float32 in \(shape)",
                    found: "\(place.count) bytes of \(place.dtype) in \(place.shape)")
            }
            let tensor = Tensor(uninitialized: shape)
            targets[index] = tensor
            found.append((name, parameter, tensor))
        }
        try values?.read(from: run.workspace.objects) { index, offset, bytes in
            guard let target = targets[index], let base = bytes.baseAddress else { return }
            (target.storage.base + offset).copyMemory(from: base, byteCount: bytes.count)
        }
        targets = [:]
        for (name, parameter, tensor) in found {
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
