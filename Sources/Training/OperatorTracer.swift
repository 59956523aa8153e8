import Checkpoints
import Compute
import Core
import Ledger

/// Digests what every operator of a step takes and gives.
///
/// Of operators inside others only the outermost is seen. Digests are of element type, shape and bytes; where the
/// tensors came from does not matter.
package final class OperatorTracer: OperatorObserver {
    /// One operator of a step.
    package struct Place: Sendable, Equatable {
        /// The section's and the operator's number, from 0.
        package let section: Int, index: Int

        /// The operator `index` of section `section`.
        package init(section: Int, index: Int) { (self.section, self.index) = (section, index) }
    }

    /// What was seen since the last `take()`.
    private var trace = OperatorTrace()
    /// The operator whose results are kept as values.
    private let kept: Place?
    /// The results of the operator that was to be kept.
    package private(set) var outputs: [Tensor] = []
    private let engine: Engine
    private let next: (any OperatorObserver)?
    private let weights: [(name: String, parameter: Parameter)]
    private var places: [UInt: Int] = [:]
    private var depth = 0
    private var current: (operation: String, section: String, inputs: Digest)?

    /// A tracer of the operators of `trainer`'s engine; who watched it before goes on to see them first. With `kept`
    /// the results of one operator are copied.
    package init(_ trainer: Trainer, keeping kept: Place? = nil) {
        engine = trainer.model.engine
        next = engine.observer
        weights = trainer.model.weights
        self.kept = kept
    }

    /// Runs `body` while this tracer watches.
    package func watch<Result>(_ body: () throws -> Result) rethrows -> Result {
        engine.observer = self
        engine.section = "batch"
        defer { engine.observer = next }
        return try body()
    }

    /// What was seen, which is forgotten.
    package func take() -> OperatorTrace {
        defer { (trace, places) = (OperatorTrace(), [:]) }
        return trace
    }

    /// Digests what an outermost operator takes.
    package func willRun(_ operation: String, section: String, _ inputs: [Tensor]) {
        next?.willRun(operation, section: section, inputs)
        depth += 1
        guard depth == 1 else { return }
        current = (label(operation, inputs), section, digest(inputs))
    }

    /// Digests what it gave.
    package func didRun(_ outputs: [Tensor]) {
        next?.didRun(outputs)
        depth -= 1
        guard depth == 0, let current else { return }
        if trace.sections.last?.name != current.section {
            trace.sections.append(OperatorTrace.Section(name: current.section))
        }
        let section = trace.sections.count - 1
        if kept == Place(section: section, index: trace.sections[section].operators.count) {
            self.outputs = outputs.map { $0.copy() }
        }
        trace.sections[section].append(current.operation, inputs: current.inputs, outputs: digest(outputs))
    }

    private func digest(_ tensors: [Tensor]) -> Digest {
        .of(.operatorTensors, tensorDigests(of: tensors.map { ("", $0) }, on: engine).map(\.digest))
    }

    /// The operation with the name of the first weight, or weight's gradient, that it takes. The reference's have the
    /// policy's names, whether the two share their storage, as before the first update, or not.
    private func label(_ operation: String, _ inputs: [Tensor]) -> String {
        if let name = inputs.lazy.compactMap(self.name).first { return "\(operation) \(name)" }
        // Weights move when they are first written, gradients are made when they are first needed.
        for (index, entry) in weights.enumerated() {
            places[entry.parameter.value.address] = index
            if let gradient = entry.parameter.gradient { places[gradient.address] = index }
        }
        guard let name = inputs.lazy.compactMap(self.name).first else { return operation }
        return "\(operation) \(name)"
    }

    /// The weight whose value or gradient `tensor` is. Memory that was a gradient's may be another tensor's by now.
    private func name(_ tensor: Tensor) -> String? {
        let start = tensor.address
        guard let index = places[start] else { return nil }
        let (name, parameter) = weights[index]
        let isStill = parameter.value.address == start || parameter.gradient?.address == start
        return isStill ? name : nil
    }
}
