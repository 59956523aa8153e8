import Testing

@testable import Datasets

@Suite("Shapes: the judge")
struct ShapesJudgeTests {
    private static let pictures = 60

    @Test("On real pictures every attribute is seen right, but for one picture", arguments: [(16, 60), (32, 15)])
    func realPictures(side: Int, count: Int) throws {
        let (judge, world) = (try ShapesJudge(side: side), try ShapesWorld(seed: 5, side: side, split: .test))
        let verdicts = (0..<count).map { judge.judge(world.picture(at: $0), against: world.caption(at: $0)) }
        for attribute in [\ShapesJudge.Verdict.shape, \.size, \.colour, \.place, \.background] {
            #expect(verdicts.count { $0[keyPath: attribute] } >= count - 1)
        }
        #expect(verdicts.allSatisfy { $0.reward > 0.8 && $0.reward <= 1 })
    }

    @Test("Against another picture's caption the attributes are right by chance only")
    func mismatched() throws {
        let (judge, world) = (try ShapesJudge(), try ShapesWorld(seed: 5, split: .test))
        let verdicts = (0..<Self.pictures).map {
            judge.judge(world.picture(at: $0), against: world.caption(at: $0 + 77))
        }
        // Chance is 1/6, 1/2, 1/8, 1/5, 1/5.
        #expect(verdicts.count { $0.shape } < 20)
        #expect((18...42).contains(verdicts.count { $0.size }))
        #expect(verdicts.count { $0.colour } < 16)
        #expect(verdicts.count { $0.place } < 22)
        #expect(verdicts.count { $0.background } < 22)
        #expect(verdicts.reduce(0) { $0 + $1.reward } / 60 < 0.45)
    }

    @Test("A field of one colour shows a background and nothing else")
    func emptyField() throws {
        let field = ShapesPicture(side: 16, bytes: [UInt8](repeating: 120, count: 768))
        let sight = try ShapesJudge().look(at: field.pixels)
        #expect(sight.shape == nil && sight.size == nil && sight.place == nil)
        #expect(sight.background == .gray && sight.clarity == 0)
    }

    @Test("Values beyond [-1, 1] count as clipped")
    func clipping() throws {
        let world = try ShapesWorld(seed: 9)
        let pixels = world.picture(at: 0).pixels
        // Beyond the range by a factor: equal after clipping only where the values are ±1, so compare with clipped ones.
        let loud = pixels.map { $0 * 1.5 }
        let judge = try ShapesJudge()
        #expect(judge.look(at: loud) == judge.look(at: loud.map { min(1, max(-1, $0)) }))
    }
}
