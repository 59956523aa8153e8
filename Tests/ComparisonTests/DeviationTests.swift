import Comparison
import Compute
import Core
import Ledger
import Testing

/// Distances that a band bounds, against hand-made numbers.
@Suite struct DeviationTests {
    private let bounds = BandBounds(latents: 1e-6, errors: 4, loss: 2, gradients: ["w": 0.5])

    private func tensor(_ values: [Float]) -> Tensor { Tensor(values, shape: [values.count]) }

    @Test func relativeDistances() {
        // ‖(0, 0, 5)‖ / ‖(3, 0, 4)‖
        #expect(RelativeDistance.l2(tensor([3, 0, 9]), from: tensor([3, 0, 4])) == 1)
        #expect(RelativeDistance.l2(tensor([3, 0, 9]), from: tensor([3, 0, 4]), scale: 50) == 0.1)
        #expect(RelativeDistance.l2(tensor([3, 0, 4]), from: tensor([3, -0.0, 4])) == 0)
        #expect(RelativeDistance.l2(tensor([0, 0]), from: tensor([0, 0])) == 0)
        #expect(RelativeDistance.l2(tensor([0, 1e-30]), from: tensor([0, 0])) == .infinity)
        #expect(RelativeDistance.l2(tensor([0, 3]), from: tensor([0, 0]), scale: 6) == 0.5)
        #expect(RelativeDistance.norm([tensor([3, 0]), tensor([4])]) == 5)
        // The squares leave Float32's range, not Float64's.
        #expect(
            RelativeDistance.l2(tensor([2e38]), from: tensor([1e38])) == Double(Float(2e38)) / Double(Float(1e38)) - 1)
    }

    @Test func whatIsNoNumberIsInfinitelyFar() {
        for value in [Float.nan, .infinity, -.infinity] {
            #expect(RelativeDistance.l2(tensor([1, value]), from: tensor([1, 2])) == .infinity)
            #expect(RelativeDistance.l2(tensor([1, 2]), from: tensor([1, value])) == .infinity)
            #expect(RelativeDistance.l2(tensor([1, value]), from: tensor([1, value])) == .infinity)
            let bits = [value.bitPattern]
            #expect(Deviation(.loss, "loss", found: bits, recorded: bits).amount == .infinity)
        }
        #expect(RelativeDistance.l2(tensor([1, 2]), from: tensor([1])) == .infinity)
        #expect(Deviation(.latents, "x", .nan).amount == .infinity)
        #expect(!Deviation(.latents, "x", .nan).isInside(bounds))
    }

    @Test func insideAndOutside() {
        let one = Float(1).bitPattern
        let far = Deviation(.errors, "e", found: [one, one], recorded: [one, one + 5])
        #expect(far.amount == 5 && !far.isInside(bounds) && far.share(of: bounds) == 1.25)
        #expect(Deviation(.errors, "e", found: [one], recorded: [one + 4]).isInside(bounds))
        #expect(Deviation(.errors, "e", found: [one], recorded: [one, one]).amount == .infinity)
        #expect(Deviation(.gradients, "w", 0.5).isInside(bounds))
        #expect(!Deviation(.gradients, "w", 0.5.nextUp).isInside(bounds))
        // A gradient that the band does not know is outside, even where both sides agree.
        #expect(!Deviation(.gradients, "v", 0).isInside(bounds))
    }

    @Test func aDeviationTravelsAsJSON() throws {
        for amount in [0, 1.5e-7, .infinity] {
            let one = Deviation(.gradients, "w", amount)
            let text = try JSONValue.parse(one.json.canonicalBytes, file: "d.json")
            #expect(try Deviation(json: JSONCursor(text, name: "d")) == one)
        }
    }
}
