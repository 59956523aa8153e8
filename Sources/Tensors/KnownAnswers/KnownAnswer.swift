import Digests

/// An operation on fixed inputs and the digest of its results: the one place where the bits of the contract are written
/// down. The tests hold every build to them, `smpo doctor` every machine. A change here is a new contract.
public struct KnownAnswer: Sendable, CustomStringConvertible {
    /// What is computed.
    public let name: String
    /// The first sixteen hexadecimal digits of SHA-256 over the bytes of the results, one after the other.
    public let digest: String
    private let compute: @Sendable (Engine) -> [Tensor]

    /// An operation and the digest that its results must have.
    public init(_ name: String, _ digest: String, _ compute: @escaping @Sendable (Engine) -> [Tensor]) {
        (self.name, self.digest, self.compute) = (name, digest, compute)
    }

    /// An answer that is not the known one.
    public struct Mismatch: Sendable, Equatable, CustomStringConvertible {
        /// What was computed.
        public let name: String
        /// The digest that is written down.
        public let expected: String
        /// The digest of what was computed.
        public let found: String

        /// One line.
        public var description: String { "\(name): expected \(expected), found \(found)" }
    }

    /// All of them: every kernel, on shapes large enough to be shared among workers.
    public static let all =
        products + convolutions + normalizations + attentions + elementwise + moves + functions

    /// The numbers of workers that an answer is asked for.
    public static let workerCounts = [1, 2, 3, 7]

    /// What `engine` computes.
    public func results(on engine: Engine) -> [Tensor] { compute(engine) }

    /// Nil if `engine` gives the known answer.
    public func mismatch(on engine: Engine) -> Mismatch? { mismatch(of: results(on: engine)) }

    /// Nil if `results` have the known digest.
    public func mismatch(of results: [Tensor]) -> Mismatch? {
        var stream = SHA256Stream()
        for tensor in results { stream.update(tensor.bytes) }
        let found = String(stream.finalize().hex.prefix(16))
        return found == digest ? nil : Mismatch(name: name, expected: digest, found: found)
    }

    /// The name.
    public var description: String { name }
}
