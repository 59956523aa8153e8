import Core

/// An operation on fixed inputs and the digest of its results: the one place where the bits of the contract are written
/// down. The tests hold every build to them, `smpo doctor` every machine. A change here is a new contract.
package struct KnownAnswer: Sendable, CustomStringConvertible {
    /// What is computed.
    package let name: String
    /// The first sixteen hexadecimal digits of SHA-256 over the bytes of the results, one after the other.
    package let digest: String
    private let compute: @Sendable (Engine) -> [Tensor]

    /// An operation and the digest that its results must have.
    package init(_ name: String, _ digest: String, _ compute: @escaping @Sendable (Engine) -> [Tensor]) {
        (self.name, self.digest, self.compute) = (name, digest, compute)
    }

    /// An answer that is not the known one.
    package struct Mismatch: Sendable, Equatable, CustomStringConvertible {
        /// What was computed.
        package let name: String
        /// The digest that is written down.
        package let expected: String
        /// The digest of what was computed.
        package let found: String

        /// One line.
        package var description: String { "\(name): expected \(expected), found \(found)" }
    }

    /// All of a contract: every kernel, on shapes large enough to be shared among workers.
    package static func all(_ contract: Contract) -> [KnownAnswer] {
        switch contract {
        case .ref1: operations(.ref1) + functions
        }
    }

    /// Those of operations that a device runs; the others show kernels of the host.
    package static func operations(_ contract: Contract) -> [KnownAnswer] {
        switch contract {
        case .ref1: products + convolutions + normalizations + attentions + elementwise + moves + draws
        }
    }

    /// Those that are made of matrix products.
    package static func sumsOfProducts(_ contract: Contract) -> [KnownAnswer] {
        switch contract {
        case .ref1: products + convolutions + attentions
        }
    }

    /// The numbers of workers that an answer is asked for.
    package static let workerCounts = [1, 2, 3, 7]

    /// What `engine` computes.
    package func results(on engine: Engine) -> [Tensor] { compute(engine) }

    /// Nil if `engine` gives the known answer.
    package func mismatch(on engine: Engine) -> Mismatch? { mismatch(of: results(on: engine)) }

    /// Nil if `results` have the known digest.
    package func mismatch(of results: [Tensor]) -> Mismatch? {
        var stream = SHA256Stream()
        for tensor in results { tensor.onHost.withBytes { stream.update($0) } }
        let found = String(stream.finalize().hex.prefix(16))
        return found == digest ? nil : Mismatch(name: name, expected: digest, found: found)
    }

    /// The name.
    package var description: String { name }
}
