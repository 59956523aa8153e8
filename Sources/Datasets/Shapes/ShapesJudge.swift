/// Says what a picture shows, by rules: an evaluator that knows nothing of how the generator made its scores.
///
/// A picture is compared with 540 templates (60 figures × 9 positions a little apart). For a template with coverage
/// m in [0, 1] and a channel with levels x, the best fit `x ≈ ground + (ink − ground) · m` leaves the residual
/// `var x − cov(x, m)² / var m`; the template with the largest `Σ cov² / var m` over the three channels is what is seen,
/// and its fitted ink and ground are compared with the palettes. Sums run in one written order, in Double.
package struct ShapesJudge: Sendable {
    /// What the judge sees. An attribute is nil where nothing is clear enough.
    package struct Sight: Equatable, Sendable {
        /// The figure, its size and place: nil if the best template explains less than half of the variance.
        package let shape: ShapesShape?, size: ShapesSize?, place: ShapesPlace?
        /// Figure colour and background: nil if farther than 96 levels from every one in the palette.
        package let colour: ShapesColour?, background: ShapesBackground?
        /// How much of the picture's variance the best template explains, 0…1.
        package let clarity: Double
    }

    /// Whether each attribute is as the caption says.
    package struct Verdict: Equatable, Sendable {
        /// Right or wrong, one by one.
        package let shape: Bool, size: Bool, colour: Bool, place: Bool, background: Bool
        /// Closeness of the named figure's ink and of the ground to the named colours, 0…1.
        package let inkCloseness: Double, groundCloseness: Double
        /// The part of the variance that the named figure, and that the best figure of all explains, 0…1.
        package let figure: Double, clarity: Double

        /// A graded opinion, 0…1: see `ShapesJudge.judge(_:against:)`.
        package var reward: Double { (2 * inkCloseness + 2 * groundCloseness + 4 * figure + 2 * clarity) / 10 }

        /// Whether all five are right.
        package var allRight: Bool { shape && size && colour && place && background }
    }

    /// Width and height of the pictures that this judge takes.
    package let side: Int
    private let templates: [ShapesTemplate]

    /// A judge of pictures of side × side pixels.
    /// - Throws: `ShapesError.unsupportedSide`.
    package init(side: Int = 16) throws(ShapesError) {
        guard ShapesWorld.sides.contains(side) else { throw .unsupportedSide(side) }
        self.side = side
        templates = ShapesTemplate.all(side: side)
    }

    /// What `pixels` show: [3, side, side] in [-1, 1], not necessarily clipped; values outside are clipped here.
    package func look(at pixels: [Float]) -> Sight {
        let levels = ShapesLevels(pixels, side: side)
        return sight(of: levels, explained: templates.map(levels.explained))
    }

    /// Compares what `pixels` ([3, side, side] in [-1, 1]) show with the caption.
    ///
    /// The reward is (2 c + 2 b + 4 f + 2 k) / 10 where, with the best-fitting template of the *named* figure, size and
    /// place: c and b are the closeness of its fitted ink and ground to the named colours (1 at no distance, 0 from 128
    /// levels on), f is the part of the variance that it explains, and k is the clarity of the best template of all.
    package func judge(_ pixels: [Float], against caption: ShapesCaption) -> Verdict {
        let levels = ShapesLevels(pixels, side: side)
        let explained = templates.map(levels.explained)
        let sight = sight(of: levels, explained: explained)
        let named = Self.best(explained, among: templates.indices.filter { templates[$0].shows(caption) })
        let fit = levels.fit(templates[named])
        return Verdict(
            shape: sight.shape == caption.shape, size: sight.size == caption.size,
            colour: sight.colour == caption.colour, place: sight.place == caption.place,
            background: sight.background == caption.background,
            inkCloseness: Self.closeness(fit.ink, caption.colour.levels),
            groundCloseness: Self.closeness(fit.ground, caption.background.levels),
            figure: levels.part(explained[named]), clarity: sight.clarity)
    }

    /// Judges a picture of bytes.
    package func judge(_ picture: ShapesPicture, against caption: ShapesCaption) -> Verdict {
        judge(picture.pixels, against: caption)
    }

    private func sight(of levels: ShapesLevels, explained: [Double]) -> Sight {
        let best = Self.best(explained, among: Array(templates.indices))
        let template = templates[best]
        let clarity = levels.part(explained[best])
        let clear = clarity >= 0.5
        let fit = levels.fit(template)
        return Sight(
            shape: clear ? template.shape : nil, size: clear ? template.size : nil,
            place: clear ? template.place : nil, colour: Self.nearest(fit.ink) { $0.levels },
            background: Self.nearest(fit.ground) { $0.levels }, clarity: clarity)
    }

    /// The candidate that explains most; the first of equals.
    private static func best(_ explained: [Double], among candidates: [Int]) -> Int {
        var best = candidates[0]
        for candidate in candidates where explained[candidate] > explained[best] { best = candidate }
        return best
    }

    private static func nearest<Named: CaseIterable>(
        _ colour: [Double], _ levels: (Named) -> ShapesRGB
    ) -> Named? {
        var best: (named: Named?, distance: Double) = (nil, 96)
        for named in Named.allCases {
            let distance = distance(colour, levels(named))
            if distance < best.distance { best = (named, distance) }
        }
        return best.named
    }

    private static func closeness(_ colour: [Double], _ named: ShapesRGB) -> Double {
        max(0, 1 - distance(colour, named) / 128)
    }

    private static func distance(_ colour: [Double], _ named: ShapesRGB) -> Double {
        let (r, g, b) = (
            colour[0] - Double(named.red), colour[1] - Double(named.green), colour[2] - Double(named.blue)
        )
        return (r * r + g * g + b * b).squareRoot()
    }
}
