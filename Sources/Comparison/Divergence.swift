import Core
import Ledger

/// The first place where two traces differ.
package struct Divergence: Sendable, Equatable {
    /// One number that differs.
    package struct Element: Sendable, Equatable {
        /// Flat index, and its coordinates where the shape is known.
        package let index: Int
        /// Coordinates in the tensor, or empty.
        package let coordinates: [Int]
        /// Both values as people read them.
        package let expected: String, found: String
        /// Both bit patterns.
        package let expectedBits: String, foundBits: String
        /// Distance in units of the last place, for floating-point numbers.
        package let ulp: UInt64?

        /// An element at `index`.
        package init(
            index: Int, coordinates: [Int], expected: String, found: String, expectedBits: String, foundBits: String,
            ulp: UInt64?
        ) {
            self.index = index
            self.coordinates = coordinates
            self.expected = expected
            self.found = found
            self.expectedBits = expectedBits
            self.foundBits = foundBits
            self.ulp = ulp
        }

        /// Its coordinates, or its index: `[2, 11, 12]`.
        package var place: String {
            "[\((coordinates.isEmpty ? [index] : coordinates).map(String.init).joined(separator: ", "))]"
        }

        /// Where, and both values: `[2, 11, 12]: expected 0.5 (0x3f000000), found …, 1 ULP apart`.
        package var description: String {
            let text =
                "\(place): "
                + "expected \(expected) (\(expectedBits)), found \(found) (\(foundBits))"
            return text + (ulp.map { ", \($0) ULP apart" } ?? "")
        }
    }

    /// The step, counted from 1.
    package let step: Int
    /// The phase of the step.
    package let phase: Phase
    /// The tensor or number.
    package let tensor: String
    /// The recorded value and the found one, where both exist.
    package let expected: String?, found: String?
    /// The first differing element, where the values are known.
    package var element: Element?

    /// A divergence in a tensor or number of a phase.
    package init(
        step: Int, phase: Phase, tensor: String, expected: String?, found: String?, element: Element? = nil
    ) {
        (self.step, self.phase, self.tensor) = (step, phase, tensor)
        (self.expected, self.found, self.element) = (expected, found, element)
    }

    /// The last step that was equal, or 0.
    package var lastEqualStep: Int { step - 1 }

    /// One sentence.
    package var description: String {
        var text = "step \(step), phase \(phase.rawValue), \(tensor)"
        if let element {
            text += element.description
        } else {
            text += ": expected \(expected ?? "nothing"), found \(found ?? "nothing")"
        }
        return text
    }
}

extension Divergence {
    /// For programs.
    package var json: JSONValue {
        var object: JSONObject = [
            "step": .integer(step), "phase": .string(phase.rawValue), "tensor": .string(tensor),
            "last_equal_step": .integer(lastEqualStep), "summary": .string(description),
        ]
        object["expected"] = expected.map { .string($0) }
        object["found"] = found.map { .string($0) }
        object["element"] = element?.json
        return .object(object)
    }

    /// Reads `json` back. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let word = try cursor["phase"].string()
        guard let phase = Phase(rawValue: word) else {
            throw try cursor["phase"].error(expected: "a phase of a step", found: "\"\(word)\"")
        }
        self.init(
            step: try cursor["step"].int(), phase: phase, tensor: try cursor["tensor"].string(),
            expected: try cursor["expected"].present?.string(), found: try cursor["found"].present?.string(),
            element: try cursor["element"].present.map { try Element(json: $0) })
    }
}

extension Divergence.Element {
    /// For programs.
    package var json: JSONValue {
        var object: JSONObject = [
            "index": .integer(index), "coordinates": .array(coordinates.map { .integer($0) }),
            "expected": .string(expected), "found": .string(found), "expected_bits": .string(expectedBits),
            "found_bits": .string(foundBits),
        ]
        object["ulp"] = ulp.map { .integer($0) }
        return .object(object)
    }

    init(json cursor: JSONCursor) throws {
        self.init(
            index: try cursor["index"].int(), coordinates: try cursor["coordinates"].elements().map { try $0.int() },
            expected: try cursor["expected"].string(), found: try cursor["found"].string(),
            expectedBits: try cursor["expected_bits"].string(), foundBits: try cursor["found_bits"].string(),
            ulp: try cursor["ulp"].present?.uint64())
    }
}
