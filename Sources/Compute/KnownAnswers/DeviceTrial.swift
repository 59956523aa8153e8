import Foundation

/// An operation on fixed inputs whose results a device must have bit by bit as the CPU has them. Together the trials start
/// every kernel of a device `cuda` that the known answers do not, whatever the device is: what its plans would choose for
/// large shapes alone is asked for on small ones. No input gives a NaN.
package struct DeviceTrial: Sendable, CustomStringConvertible {
    /// What is computed.
    package let name: String
    private let compute: @Sendable (Engine) -> [Tensor]

    /// An operation that has results.
    init(_ name: String, _ compute: @escaping @Sendable (Engine) -> [Tensor]) {
        (self.name, self.compute) = (name, compute)
    }

    /// All of them.
    package static let all: [DeviceTrial] = products + convolutions + attentions + others

    /// What `engine` computes.
    package func results(on engine: Engine) -> [Tensor] { compute(engine) }

    /// What `engine` computes otherwise than `reference`; nil if nothing.
    package func mismatch(on engine: Engine, beside reference: Engine) -> String? {
        let (found, expected) = (results(on: engine), results(on: reference))
        guard found.map(\.shape) == expected.map(\.shape), found.map(\.dtype) == expected.map(\.dtype) else {
            return "results of other shapes"
        }
        for (place, (one, other)) in zip(found, expected).enumerated() {
            let first = one.withBytes { one in
                other.withBytes { other in
                    memcmp(one.baseAddress!, other.baseAddress!, one.count) == 0
                        ? nil : one.indices.first { one[$0] != other[$0] }
                }
            }
            guard let first else { continue }
            return "other bits in element \(first / one.dtype.byteCount) of result \(place + 1)"
        }
        return nil
    }

    /// The name.
    package var description: String { name }
}

extension Engine {
    /// The results of `operations`, computed as `choice` asks if a device `cuda` computes them.
    func results(by choice: CudaChoice, _ operations: () -> [Tensor]) -> [Tensor] {
        let device = device as? CudaDevice
        device?.choice = choice
        defer { device?.choice = CudaChoice() }
        return operations()
    }
}
