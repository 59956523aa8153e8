import Comparison
import Core
import Ledger
import Pages
import Testing

/// The place where two traces part.
@Suite struct FirstDifferenceTests {
    private let divergence = Divergence(
        step: 4, phase: .weights, tensor: "unet/x", expected: "a", found: "b",
        element: .init(
            index: 7, coordinates: [1, 2], expected: "0.5", found: "0.25", expectedBits: "0x3f000000",
            foundBits: "0x3e800000", ulp: 8_388_608))

    @Test func itSaysStepPhaseTensorElement() throws {
        var first = FirstDifference(divergence, steps: 9)
        first.cause = .recipe
        let finding = first.finding
        #expect(
            finding.says == [
                "Step 3 is the last that is equal. The first difference is in step 4, phase weights, unet/x.",
                "Element [1, 2]: expected 0.5 (0x3f000000), found 0.25 (0x3e800000), 8,388,608 ULP apart.",
                "Cause: recipe.",
            ])
        #expect(
            finding.contents.first
                == .line(StepLine(steps: 9, lastEqual: 3, step: 4, label: "weights · unet/x")))
        let data = JSONCursor(finding.data, name: "data")
        #expect(try data["element"]["place"].string() == "[1, 2]" && data["element"]["ulp"].int() == 8_388_608)
        #expect(try data["step"].int() == 4 && data["steps"].int() == 9 && data["cause"].string() == "recipe")
        let bare = FirstDifference(
            Divergence(step: 1, phase: .batch, tensor: "ids", expected: nil, found: nil), steps: 9
        ).finding
        #expect(bare.says[0].hasPrefix("No step is equal.") && bare.says[1].hasPrefix("The element is not named"))
    }

    @Test func divergencesReadBack() throws {
        #expect(try Divergence(json: JSONCursor(divergence.json, name: "d")) == divergence)
        let bare = Divergence(step: 1, phase: .batch, tensor: "ids", expected: nil, found: nil)
        #expect(try Divergence(json: JSONCursor(bare.json, name: "d")) == bare)
        #expect(throws: JSONShapeError.self) { try Divergence(json: JSONCursor(["step": "one"], name: "d")) }
        #expect(throws: JSONShapeError.self) {
            try Divergence(json: JSONCursor(["step": 1, "phase": "lunch", "tensor": "t"], name: "d"))
        }
    }
}
