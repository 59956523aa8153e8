import Core
import Testing

@Suite struct NearestNameTests {
    @Test(arguments: [("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2), ("same", "same", 0)])
    func distances(left: String, right: String, expected: Int) {
        #expect(NearestName.editDistance(Array(left.utf8), Array(right.utf8)) == expected)
        #expect(NearestName.editDistance(Array(right.utf8), Array(left.utf8)) == expected)
    }

    @Test func suggestsOnlyWhatIsNear() {
        let known = ["caption", "image_0", "image_1"]
        #expect(NearestName.among(known, to: "captoin") == "caption")
        #expect(NearestName.among(known, to: "image_2") == "image_0")
        #expect(NearestName.among(known, to: "weight") == nil)
    }
}
