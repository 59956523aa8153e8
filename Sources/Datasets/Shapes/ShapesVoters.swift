import Compute

/// Simulated people who choose between two pictures of one caption of the shapes world, each by a taste of their own.
///
/// A voter's utility of a picture is u = Σ wₖ·qₖ over the judge's grades (ink 0.2, ground 0.2, figure 0.4, clarity 0.2, so
/// that the average voter agrees with the judge), each weight times 1 + v·(2r − 1) with r uniform in [0, 1) and v the
/// variety of tastes, plus v·(r − ½)·brightness/2: some like light pictures, some dark ones. A vote is drawn with the
/// odds of Davidson (1970): e^{u₁/T} for the first picture, e^{u₂/T} for the second, ν·e^{(u₁+u₂)/2T} for a tie. T is
/// the voters' noise; with T = 0 the greater utility wins, and only equal ones tie.
package struct ShapesVoters: Sendable, Equatable {
    /// The seed of tastes and votes.
    package let seed: UInt64
    /// How many people there are, at least 1; each vote is one person's.
    package let count: Int
    /// v, from 0 (all judge alike) to 1.
    package let variety: Double
    /// T, at least 0, in units of the utility, which is between 0 and about 1.
    package let noise: Double
    /// ν, at least 0: 0 for no ties.
    package let ties: Double

    /// What a voter looks at.
    package struct Sight: Sendable {
        /// The judge's grades of ink, ground, figure and clarity, 0…1.
        let grades: [Double]
        /// The mean level of all channels, 0…1.
        let brightness: Double

        /// What `verdict` says of a picture with planes `pixels` in [−1, 1].
        package init(_ verdict: ShapesJudge.Verdict, pixels: [Float]) {
            grades = [verdict.inkCloseness, verdict.groundCloseness, verdict.figure, verdict.clarity]
            brightness = (pixels.reduce(0) { $0 + Double($1) } / Double(pixels.count) + 1) / 2
        }
    }

    /// `count` people with tastes by `seed`.
    package init(seed: UInt64, count: Int = 50, variety: Double = 0.5, noise: Double = 0.05, ties: Double = 0.2) {
        precondition(count >= 1 && (0...1).contains(variety) && noise >= 0 && ties >= 0)
        (self.seed, self.count, self.variety, self.noise, self.ties) = (seed, count, variety, noise, ties)
    }

    /// The vote of pair `index`; who votes, and how it falls, depend on the seed and the index alone.
    package func vote(_ index: Int, _ first: Sight, _ second: Sight) -> ShapesVote {
        let draws = RandomStream(seed: seed, .votes, step: 0).uniforms(start: 2 * index, count: 2)
        let voter = min(count - 1, Int(Double(draws[0]) * Double(count)))
        let (a, b) = (utility(first, of: voter), utility(second, of: voter))
        guard noise > 0 else { return a == b ? .tie : a > b ? .first : .second }
        // Divided by the first picture's odds; the exponent is bounded so that nothing overflows.
        let gap = max(-60, min(60, (b - a) / noise))
        let (other, tie) = (Elementary.exp(gap), ties * Elementary.exp(gap / 2))
        let draw = Double(draws[1]) * (1 + other + tie)
        return draw < 1 ? .first : draw < 1 + other ? .second : .tie
    }

    /// u of a picture for voter number `voter`.
    package func utility(_ sight: Sight, of voter: Int) -> Double {
        let draws = RandomStream(seed: seed, .votes, step: 1 + voter).uniforms(count: 5).map(Double.init)
        let weights = [0.2, 0.2, 0.4, 0.2]
        var utility = 0.0
        for (place, grade) in sight.grades.enumerated() {
            utility += weights[place] * (1 + variety * (2 * draws[place] - 1)) * grade
        }
        return utility + variety * (draws[4] - 0.5) * sight.brightness / 2
    }
}
