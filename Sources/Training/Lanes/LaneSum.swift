import Compute
import Core

/// The sum of the gradients of neighbouring lanes that are the leaves of one subtree (`LaneTree`).
package struct LaneSum {
    /// Where the gradients are.
    enum Place {
        /// In memory; nil of a parameter that took no part.
        case memory([Tensor?])
        /// In a file, one behind the other; false of a parameter that took no part.
        case file(LaneScratch, start: Int, isThere: [Bool])
    }

    /// The lanes, counted from 0.
    package let lanes: Range<Int>
    let place: Place

    /// Sums that somebody else has computed: one for each parameter, in their order.
    package init(lanes: Range<Int>, gradients: [Tensor?]) { (self.lanes, place) = (lanes, .memory(gradients)) }

    init(lanes: Range<Int>, place: Place) { (self.lanes, self.place) = (lanes, place) }

    /// Which parameters took part, in their order.
    var isThere: [Bool] {
        switch place {
        case .memory(let gradients): gradients.map { $0 != nil }
        case .file(_, _, let isThere): isThere
        }
    }

    /// The gradient of the parameter at a place of `parameters`; nil of one that took no part.
    /// - Throws: `FileError` where a file cannot be read.
    func gradient(_ index: Int, of parameters: [(name: String, parameter: Parameter)]) throws -> Tensor? {
        switch place {
        case .memory(let gradients): return gradients[index]
        case .file(let scratch, let start, let isThere):
            guard isThere[index] else { return nil }
            let before = zip(parameters, isThere).prefix(index).reduce(0) {
                $0 + ($1.1 ? $1.0.parameter.value.byteCount : 0)
            }
            return try scratch.read(parameters[index].parameter.value.shape, at: start + before)
        }
    }

    /// Hands over the gradients in the order of `parameters`, each as it comes: nil of one that took no part.
    /// - Throws: `FileError` where a file cannot be read.
    package func eachGradient(
        of parameters: [(name: String, parameter: Parameter)], _ body: (_ index: Int, Tensor?) throws -> Void
    ) throws {
        switch place {
        case .memory(let gradients):
            for (index, gradient) in gradients.enumerated() { try body(index, gradient) }
        case .file(let scratch, var offset, let isThere):
            for (index, entry) in parameters.enumerated() {
                guard isThere[index] else {
                    try body(index, nil)
                    continue
                }
                let tensor = try scratch.read(entry.parameter.value.shape, at: offset)
                offset += tensor.byteCount
                try body(index, tensor)
            }
        }
    }
}
