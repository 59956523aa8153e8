import Compute

/// An operator whose every result has another last bit, as one has whose sums are taken in another order.
final class ShakenKernel: OperatorObserver {
    private let operation: String
    private var open: [String] = []

    /// Shakes all that `operation` gives.
    init(_ operation: String) { self.operation = operation }

    func willRun(_ operation: String, section: String, _ inputs: [Tensor]) { open.append(operation) }

    func didRun(_ outputs: [Tensor]) {
        guard open.removeLast() == operation else { return }
        for output in outputs {
            output.changeValues { values in
                for index in values.indices { values[index] = Float(bitPattern: values[index].bitPattern ^ 1) }
            }
        }
    }
}
