/// What is wrong with a picture, and how badly.
package struct ShapesFlaw: Equatable, Sendable {
    /// The ways in which a picture can miss its caption, or be ugly.
    package enum Kind: String, CaseIterable, Sendable {
        case wrongShape, wrongColour, wrongPlace, wrongSize, wrongBackground
        case offCentre, blur, noise, washedOut

        /// What one degree of severity takes off the score, in thousandths.
        package var weight: Int {
            switch self {
            case .wrongShape, .wrongColour, .wrongPlace: 180
            case .wrongBackground: 150
            case .wrongSize: 100
            case .washedOut: 80
            case .blur, .noise: 60
            case .offCentre: 40
            }
        }
    }

    /// What is wrong.
    package var kind: Kind
    /// How badly: 1, 2 or 3. At 3 a wrong attribute is wholly wrong, below it is mixed with the right one.
    package var severity: Int

    /// The largest severity.
    static let worst = 3

    /// One flaw, or two of different kinds (three times in ten).
    static func draw(_ random: inout ShapesRandom) -> [ShapesFlaw] {
        let kinds = Kind.allCases
        let first = random.below(kinds.count)
        var flaws = [ShapesFlaw(kind: kinds[first], severity: 1 + random.below(worst))]
        if random.below(10) < 3 {
            let second = (first + 1 + random.below(kinds.count - 1)) % kinds.count
            flaws.append(ShapesFlaw(kind: kinds[second], severity: 1 + random.below(worst)))
        }
        return flaws
    }
}
