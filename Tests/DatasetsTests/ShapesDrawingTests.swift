import Testing

@testable import Datasets

@Suite("Shapes: drawing")
struct ShapesDrawingTests {
    @Test("Philox4x32-10 gives the known answers of Random123")
    func philox() {
        let ones = UInt32.max
        #expect(
            ShapesRandom.philox(counter: (0, 0, 0, 0), key: (0, 0)) == [
                0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8,
            ])
        #expect(
            ShapesRandom.philox(counter: (ones, ones, ones, ones), key: (ones, ones)) == [
                0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd,
            ])
        #expect(
            ShapesRandom.philox(
                counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0)) == [
                    0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1,
                ])
    }

    /// Areas in units of r², by plane geometry: π, (7/4)², 7/4 · 1, 2 (9/8)², 20/9, 3π/4.
    @Test(
        "A figure covers its area",
        arguments: [
            (ShapesShape.circle, 3.14159), (.square, 3.0625), (.triangle, 1.75), (.diamond, 2.53125),
            (.cross, 2.22222), (.ring, 2.35619),
        ], [16, 32])
    func area(_ expected: (shape: ShapesShape, area: Double), side: Int) {
        let figure = ShapesFigure(shape: expected.shape, centreX: 128, centreY: 128, radius: 72)
        let covered = figure.coverage(side: side).reduce(0, +)
        let pixel = Double(256 / side)
        let area = Double(covered) / 64 * pixel * pixel / (72 * 72)
        #expect(abs(area - expected.area) < 0.05 * expected.area)
    }

    @Test("A small picture's coverage is the large one's, 2 × 2 pixels averaged")
    func sizesAgree() {
        let figure = ShapesFigure(shape: .ring, centreX: 71, centreY: 180, radius: 44)
        let (small, large) = (figure.coverage(side: 16), figure.coverage(side: 32))
        for y in 0..<16 {
            for x in 0..<16 {
                let corner = 2 * y * 32 + 2 * x
                let four = large[corner] + large[corner + 1] + large[corner + 32] + large[corner + 33]
                #expect(4 * small[y * 16 + x] == four)
            }
        }
    }

    @Test("A picture depends on seed and index only, and on both")
    func pureFunction() throws {
        let world = try ShapesWorld(seed: 7)
        let late = world.picture(at: 2_105)
        #expect(late == (try ShapesWorld(seed: 7)).picture(at: 2_105))
        #expect(world.caption(at: 2_105) == world.caption(at: 5))
        #expect(late != world.picture(at: 5))
        #expect(late != (try ShapesWorld(seed: 8)).picture(at: 2_105))
        #expect(late != (try ShapesWorld(seed: 7 + 1 << 32)).picture(at: 2_105))
    }

    @Test("The background lies in the corner and the figure in the middle", arguments: [16, 32])
    func colours(side: Int) throws {
        let world = try ShapesWorld(seed: 3, side: side)
        func distance(_ picture: ShapesPicture, _ x: Int, _ y: Int, _ colour: ShapesRGB) -> Int {
            let at = (y * side + x) * 3
            return max(
                abs(Int(picture.bytes[at]) - colour.red), abs(Int(picture.bytes[at + 1]) - colour.green),
                abs(Int(picture.bytes[at + 2]) - colour.blue))
        }
        let solid: [ShapesShape] = [.circle, .square]
        let central = (0..<200).filter {
            world.caption(at: $0).place == .centre && solid.contains(world.caption(at: $0).shape)
        }
        #expect(central.count > 8)
        for index in central {
            let (caption, picture) = (world.caption(at: index), world.picture(at: index))
            #expect(distance(picture, 0, 0, caption.background.levels) <= 10)
            #expect(distance(picture, side / 2, side / 2, caption.colour.levels) <= 10)
        }
    }

    @Test("Pixels are bytes scaled to [-1, 1], in planes")
    func pixels() {
        #expect(ShapesPicture(side: 1, bytes: [0, 255, 51]).pixels == [-1, 1, (51.0 / 255 - 0.5) / 0.5])
        let two = ShapesPicture(side: 2, bytes: [0, 255, 0, 255, 0, 0, 0, 0, 0, 255, 0, 255])
        #expect(two.pixels == [-1, 1, -1, 1, 1, -1, -1, -1, -1, -1, -1, 1])
    }

    @Test("Other picture sizes are refused")
    func unsupportedSide() {
        #expect(throws: ShapesError.unsupportedSide(24)) { try ShapesWorld(seed: 1, side: 24) }
        #expect(throws: ShapesError.unsupportedSide(64)) { try ShapesJudge(side: 64) }
    }
}
