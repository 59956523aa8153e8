import Core

/// The operators of one step in the order in which they ran, forward and backward: what each took and what it gave.
///
/// It stands beside the step record, at the level `operators`: what a run's records say does not depend on it.
package struct OperatorTrace: Sendable, Equatable {
    /// Operators that ran one after another for one purpose, such as a pass through the network.
    package struct Section: Sendable, Equatable {
        /// The purpose: `inversion 0`, `reference`, `policy`, `gradient`, …
        package let name: String
        /// The operators that ran: the operation and, where it has one, the parameter:
        /// `linear unet/mid_block….to_q.weight`.
        package internal(set) var operators: [String] = []
        /// For each operator the digest of its inputs, then that of its outputs.
        package internal(set) var digests: [Digest] = []

        /// A section without operators.
        package init(name: String) { self.name = name }

        /// Adds an operator.
        package mutating func append(_ operation: String, inputs: Digest, outputs: Digest) {
            operators.append(operation)
            digests += [inputs, outputs]
        }

        /// The digest of what operator `index` took.
        package func inputs(_ index: Int) -> Digest { digests[2 * index] }
        /// The digest of what operator `index` gave.
        package func outputs(_ index: Int) -> Digest { digests[2 * index + 1] }
    }

    /// The sections in order.
    package var sections: [Section]

    /// A trace of `sections`.
    package init(sections: [Section] = []) { self.sections = sections }

    /// The number of operators.
    package var count: Int { sections.reduce(0) { $0 + $1.operators.count } }

    /// SHA-256 in the domain `smpo/operators/1` over, for each section, its name as UTF-8, a zero byte, the digest of
    /// its operators' names (`smpo/tensor-names/1`), and the digests.
    package var digest: Digest {
        var stream = SHA256Stream(domain: .operators)
        for section in sections {
            stream.update(Array(section.name.utf8) + [0])
            stream.update(TensorList.digest(ofNames: section.operators))
            for digest in section.digests { stream.update(digest) }
        }
        return stream.finalize()
    }
}
