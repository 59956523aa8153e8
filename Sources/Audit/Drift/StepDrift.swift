import Comparison
import Core
import Ledger

/// The distance of one step's replay from its record.
package struct StepDrift: Sendable, Equatable {
    /// A phase or a layer: how many things of it were compared, and how many of them differ.
    package struct Part: Sendable, Equatable {
        /// Its name.
        package let name: String
        /// The number of things compared, and of those that differ.
        package let total: Int, differing: Int

        /// A part with its counts.
        package init(name: String, total: Int, differing: Int) {
            self.name = name
            self.total = total
            self.differing = differing
        }
    }

    /// The recorded number of a step and the replay's, as bits of a Float32.
    package struct Numbers: Sendable, Equatable {
        /// Both.
        package let recorded: UInt32, found: UInt32

        /// Two numbers.
        package init(recorded: UInt32, found: UInt32) { (self.recorded, self.found) = (recorded, found) }

        /// Their distance in units of the last place.
        package var ulp: UInt64 { UnitsInLastPlace.distance(recorded, found) }
    }

    /// The recorded number that lies furthest from the replayed one.
    package struct Furthest: Sendable, Equatable {
        /// Phase and name, as `loss 0003.errors`.
        package let name: String
        /// The distance in units of the last place of its own type; the largest for lists of another length.
        package let ulp: UInt64

        /// A number and its distance.
        package init(name: String, ulp: UInt64) { (self.name, self.ulp) = (name, ulp) }
    }

    /// The step, counted from 1.
    package let step: Int
    /// Each phase: its entries, and its tensors one by one where their digests are kept, else all together as one.
    package let phases: [Part]
    /// The trained tensors after the step, by layer; empty where their digests were not kept.
    package let layers: [Part]
    /// The step's loss, where both sides have one.
    package let loss: Numbers?
    /// The number of the loss or of the gradient's norm that lies furthest; nil where all are equal.
    package let furthest: Furthest?
    /// The median distance of the numbers that differ, in units of the last place; nil where all are equal. A
    /// difference of two nearly equal numbers lies far off when both have moved by their last bits; the middle of all
    /// does not.
    package let median: UInt64?

    /// A step's drift with all its parts.
    package init(
        step: Int, phases: [Part], layers: [Part], loss: Numbers?, furthest: Furthest?, median: UInt64? = nil
    ) {
        self.step = step
        self.phases = phases
        self.layers = layers
        self.loss = loss
        self.furthest = furthest
        self.median = median
    }

    /// Whether every compared bit is equal.
    package var isEqual: Bool { phases.allSatisfy { $0.differing == 0 } }

    /// The phases in which something differs, in their order.
    package var differingPhases: [Phase] { phases.filter { $0.differing > 0 }.compactMap { Phase(rawValue: $0.name) } }

    /// Machine-readable form: parts as `[name, total, differing]`, the loss as `[recorded, found]`, bits of a Float32.
    package var json: JSONValue {
        func list(_ parts: [Part]) -> JSONValue {
            .array(parts.map { .array([.string($0.name), .integer($0.total), .integer($0.differing)]) })
        }
        var object: JSONObject = ["step": .integer(step), "phases": list(phases), "layers": list(layers)]
        object["loss"] = loss.map {
            .array([.string(HexFloat.string(bits: $0.recorded)), .string(HexFloat.string(bits: $0.found))])
        }
        object["furthest"] = furthest.map { ["name": .string($0.name), "ulp": .integer($0.ulp)] }
        object["median_ulp"] = median.map { .integer($0) }
        return .object(object)
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        func list(_ cursor: JSONCursor) throws -> [Part] {
            try cursor.elements().map {
                Part(name: try $0[0].string(), total: try $0[1].int(), differing: try $0[2].int())
            }
        }
        self.init(
            step: try cursor["step"].int(), phases: try list(cursor["phases"]), layers: try list(cursor["layers"]),
            loss: try cursor["loss"].present.map {
                Numbers(recorded: try $0[0].bits(as: UInt32.self), found: try $0[1].bits(as: UInt32.self))
            },
            furthest: try cursor["furthest"].present.map {
                Furthest(name: try $0["name"].string(), ulp: try $0["ulp"].uint64())
            }, median: try cursor["median_ulp"].present?.uint64())
    }
}
