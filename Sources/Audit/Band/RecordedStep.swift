import Checkpoints
import Comparison
import Compute
import Core
import Ledger

/// A step as the ledger has it: its trace, and the values that were kept of it.
struct RecordedStep {
    let trace: StepTrace
    let values: StepValues

    /// A value that a replay within a band needs was not kept, or what is kept has no form that it could use.
    struct Missing: Error, CustomStringConvertible {
        let file: String, run: String
        let step: Int
        let what: String
        var description: String {
            "\(file): \(run), step \(step): \(what); a replay within a band needs the recorded latents and gradients "
                + "of every step"
        }
    }

    /// The values of the latents and gradients that `wanted` names; losses are in the record.
    /// - Throws: `Missing`, `MissingObject`, `TamperError`.
    init(_ step: Int, of run: Run, like wanted: StepValues) throws {
        let workspace = run.workspace
        func missing(_ what: String) -> Missing {
            Missing(file: workspace.ledger, run: run.name, step: step, what: what)
        }
        guard let trace = try run.ledgerTrace(of: step) else { throw missing("there is no record of the step") }
        let places = try run.storedTensors(of: step)
        var objects: [Digest: [UInt8]] = [:]
        func tensor(_ phase: Phase, _ name: String) throws -> Tensor {
            guard let place = places.first(where: { $0.phase == phase && utf8Equal($0.name, name) }) else {
                throw missing("the values of \(name) in the phase \(phase.rawValue) were not kept")
            }
            let bytes = try objects[place.object] ?? workspace.objects.get(place.object)
            objects[place.object] = bytes
            guard place.dtype == DType.f32.rawValue, place.offset >= 0, place.count >= 0,
                place.offset <= bytes.count - place.count, place.shape.reduce(1, *) * 4 == place.count
            else {
                throw missing(
                    "the values of \(name): expected Float32 in \(place.shape), found \(place.count) bytes of "
                        + "\(place.dtype)")
            }
            let tensor = Tensor(uninitialized: place.shape)
            bytes.withUnsafeBytes {
                tensor.storage.base.copyMemory(from: $0.baseAddress! + place.offset, byteCount: place.count)
            }
            guard let digest = trace.digest(of: name, in: phase), digest == tensor.digest(named: name) else {
                throw TamperError(
                    file: workspace.objects.path(of: place.object), run: run.name, step: step,
                    field: "the values of \(name)", expected: trace.digest(of: name, in: phase)?.hex ?? "a digest",
                    found: tensor.digest(named: name).hex)
            }
            return tensor
        }
        self.trace = trace
        values = StepValues(
            losses: trace.record[.loss]?.entries.compactMap { entry in
                guard case .float32(let bits) = entry.value else { return nil }
                return (entry.name, bits)
            } ?? [],
            latents: try wanted.latents.map { ($0.name, try tensor(.inversion, $0.name)) },
            gradients: try wanted.gradients.map { ($0.name, try tensor(.gradient, $0.name)) })
    }

    /// The first recorded latent or gradient that is no number, or nil.
    func firstNonFinite(on engine: Engine) -> Divergence? {
        for (quantity, tensors) in [(BandQuantity.latents, values.latents), (.gradients, values.gradients)] {
            for (name, tensor) in tensors {
                guard let place = engine.firstNonFinite(engine.placed(tensor)) else { continue }
                return Divergence(
                    step: trace.record.step, phase: quantity.phase, tensor: "\(name)[\(place.index)]",
                    expected: "a finite number", found: "\(place.value)")
            }
        }
        return nil
    }
}
