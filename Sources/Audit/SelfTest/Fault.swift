import Compute
import Training

/// Something that goes wrong in a replay on purpose, at one step, so that the self-test sees whether the audit notices.
///
/// `Auditor` has none unless code of this package puts it there; no option of a command leads to one.
package struct Fault {
    /// There is nothing in this run that could go wrong in this way.
    package struct Impossible: Error {
        /// The reason.
        package let reason: String
    }

    /// Makes another batch of a step's.
    package typealias BatchChange = (TrainingBatch, TrainingSession) throws -> TrainingBatch

    /// The step at which it acts.
    package let step: Int
    private let run: (TrainingSession, (any StepObserver)?) throws -> Void

    /// A fault of the state: `change` is done before the step.
    package init(step: Int, state change: @escaping (TrainingSession) throws -> Void) {
        self.step = step
        run = { session, observer in
            try change(session)
            _ = try session.step(observer: observer)
        }
    }

    /// A fault of the data: the step gets what `change` makes of its batch.
    package init(step: Int, batch change: @escaping BatchChange) {
        self.step = step
        run = { session, observer in
            let batch = try change(try session.batches.batch(step), session)
            _ = try session.trainer.step(batch, observer: observer)
        }
    }

    /// A fault of the computation: the first run of one of `operations` gives a first number with its lowest bit
    /// changed.
    package init(step: Int, operations: Set<String>) {
        self.step = step
        run = { session, observer in
            let engine = session.trainer.model.engine
            let wrong = WrongOperator(operations, next: engine.observer)
            engine.observer = wrong
            defer { engine.observer = wrong.next }
            _ = try session.step(observer: observer)
            guard wrong.hasActed else {
                throw Impossible(reason: "no \(operations.sorted().joined(separator: " or ")) ran")
            }
        }
    }

    /// The session's next step, gone wrong if it is this fault's.
    func takeStep(_ session: TrainingSession, observer: (any StepObserver)?) throws {
        guard session.trainer.steps + 1 == step else {
            _ = try session.step(observer: observer)
            return
        }
        try run(session, observer)
    }
}

/// Changes one bit of what one operator gives.
private final class WrongOperator: OperatorObserver {
    let next: (any OperatorObserver)?
    private(set) var hasActed = false
    private let operations: Set<String>
    private var open: [String] = []

    init(_ operations: Set<String>, next: (any OperatorObserver)?) {
        self.operations = operations
        self.next = next
    }

    func willRun(_ operation: String, section: String, _ inputs: [Tensor]) {
        next?.willRun(operation, section: section, inputs)
        open.append(operation)
    }

    func didRun(_ outputs: [Tensor]) {
        if operations.contains(open.removeLast()), !hasActed {
            outputs[0].flip(bit: 0, of: 0)
            hasActed = true
        }
        next?.didRun(outputs)
    }
}

extension Tensor {
    /// Changes a bit of an element in place.
    func flip(bit: Int, of index: Int) {
        reshaped([count]).slice(index..<index + 1).changeValues {
            $0[0] = Float(bitPattern: $0[0].bitPattern ^ 1 << UInt32(bit))
        }
    }

    /// The place of the number that is farthest from 0, if any is not 0.
    var largest: Int? {
        let values = floats
        guard let index = values.indices.max(by: { abs(values[$0]) < abs(values[$1]) }), values[index] != 0 else {
            return nil
        }
        return index
    }
}
