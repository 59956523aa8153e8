import Compute
import Core

/// A way in which a golden run is replayed; no way may matter.
package struct GateWay: Sendable, Equatable {
    /// The instruction set; nil for the widest of the machine.
    package let isa: ISA?
    /// The number of workers; nil for as many as there is room for.
    package let workers: Int?

    /// A way.
    package init(isa: ISA? = nil, workers: Int? = nil) { (self.isa, self.workers) = (isa, workers) }

    /// Every instruction set with every number of workers; one way where neither is named.
    package static func all(isas: [ISA], workers: [Int]) -> [GateWay] {
        let isas: [ISA?] = isas.isEmpty ? [nil] : isas
        return isas.flatMap { isa in
            workers.isEmpty ? [GateWay(isa: isa)] : workers.map { GateWay(isa: isa, workers: $0) }
        }
    }

    /// The settings that are named, as `avx2, 3 workers`; empty where none is.
    package var description: String {
        [isa?.rawValue, workers.map { "\($0) worker\($0 == 1 ? "" : "s")" }].compactMap(\.self).joined(separator: ", ")
    }

    /// Machine-readable form; null for what is not named.
    package var json: JSONValue {
        [
            "isa": isa.map { .string($0.rawValue) } ?? .null, "workers": workers.map { .integer($0) } ?? .null,
        ]
    }
}
