import Compute

/// An operator that computes wrongly: one bit of one result.
final class WrongKernel: OperatorObserver {
    private let operation: String, section: String, number: Int
    private let element: Int, bit: UInt32
    private var open: [(operation: String, section: String)] = []
    private var seen: (section: String, count: Int) = ("", 0)

    /// The `number`-th `operation`, from 0, of each section named `section` gives element `element` with `bit` changed.
    init(_ operation: String, _ number: Int, in section: String, element: Int, bit: UInt32 = 1) {
        (self.operation, self.section, self.number) = (operation, section, number)
        (self.element, self.bit) = (element, bit)
    }

    func willRun(_ operation: String, section: String, _ inputs: [Tensor]) { open.append((operation, section)) }

    func didRun(_ outputs: [Tensor]) {
        let (operation, section) = open.removeLast()
        if section != seen.section { seen = (section, 0) }
        guard operation == self.operation, section == self.section else { return }
        if seen.count == number {
            outputs[0].changeValues { $0[element] = Float(bitPattern: $0[element].bitPattern ^ bit) }
        }
        seen.count += 1
    }
}
