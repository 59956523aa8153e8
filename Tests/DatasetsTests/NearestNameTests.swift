import Testing

@testable import Datasets

@Suite struct NearestNameTests {
    @Test(arguments: [("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2), ("same", "same", 0)])
    func distances(left: String, right: String, expected: Int) {
        #expect(NearestName.distance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(NearestName.distance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    @Test func suggestsOnlyWhatIsNear() {
        let known = ["caption", "image_0", "image_1"]
        #expect(NearestName.suggestion(for: "captoin", among: known) == "caption")
        #expect(NearestName.suggestion(for: "image_2", among: known) == "image_0")
        #expect(NearestName.suggestion(for: "weight", among: known) == nil)
    }
}
