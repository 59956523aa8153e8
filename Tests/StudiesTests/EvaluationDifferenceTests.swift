import Core
import Testing

@testable import Studies

/// The first place at which two reports differ.
@Suite struct EvaluationDifferenceTests {
    private func first(_ a: JSONValue, _ b: JSONValue) -> String? {
        EvaluationDifference.first(a, b).map {
            "\(EvaluationDifference.path($0.way)) \($0.expected?.canonical ?? "-") \($0.found?.canonical ?? "-")"
        }
    }

    @Test func theFirstPlaceIsNamed() {
        #expect(first(["a": 1, "b": [1, 2]], ["b": [1, 2], "a": 1]) == nil)
        #expect(first(["a": 1, "b": [1, 2]], ["a": 1, "b": [1, 3]]) == "b[1] 2 3")
        #expect(first(["b": 2, "a": 1], ["b": 3, "a": 4]) == "a 1 4")
        #expect(first(["a": [["x": "y"], 2]], ["a": [["x": "z"], 3]]) == #"a[0].x "y" "z""#)
        // What is missing on one side, or is of another kind.
        #expect(first(["a": [1]], ["a": [1, 2]]) == "a[1] - 2")
        #expect(first(["a": [1, 2]], ["a": [1]]) == "a[1] 2 -")
        #expect(first(["a": 1], [:]) == "a 1 -")
        #expect(first(["a": 1, "b": .null], ["a": 1]) == "b null -")
        #expect(first(["a": [1]], ["a": ["b": 1]]) == #"a [1] {"b":1}"#)
        // The last bit of a number counts.
        #expect(first(["a": .decimal(0.1)], ["a": .decimal(0.1)]) == nil)
        #expect(first(["a": .decimal(0.1)], ["a": .decimal(0.1.nextUp)]) != nil)
    }
}
