import Testing

@testable import Datasets

/// What pictures have that their pixels do not show, as Pillow says (`Fixtures/make_traits.py`).
@Suite struct PictureTraitsTests {
    private static let words: [String: PictureTraits] = [
        "alpha": .alpha, "orientation": .orientation, "profile": .profile, "four inks": .fourInks,
        "sixteen bits": .sixteenBits,
    ]

    @Test func traitsAreThosePillowFinds() throws {
        let expected = try FixtureFiles.json("traits.json", as: [String: [String]].self)
        for (name, words) in expected {
            let traits = PictureTraits(try words.map { try #require(Self.words[$0]) })
            #expect(PictureTraits(bytes: try FixtureFiles.bytes(name)) == traits, "\(name): \(words)")
        }
        #expect(Set(expected.values.joined()) == Set(Self.words.keys))
    }

    /// Any bytes have an answer: cuts at every length, and damage anywhere.
    @Test func damagedFilesHaveAnAnswer() throws {
        var generator = LinearGenerator(state: 5)
        let all = PictureTraits(Self.words.values)
        for name in try FixtureFiles.pictures(in: "traits") {
            let bytes = try FixtureFiles.bytes("traits/\(name)")
            for count in 0...bytes.count {
                #expect(all.isSuperset(of: PictureTraits(bytes: Array(bytes.prefix(count)))))
            }
            for _ in 0..<300 {
                var other = bytes
                for _ in 0...generator.below(4) { other[generator.below(other.count)] = generator.byte() }
                #expect(all.isSuperset(of: PictureTraits(bytes: other)))
            }
        }
    }
}
