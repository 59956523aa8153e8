/// All that is decided about a picture before it is painted.
struct ShapesScene {
    private var figure: ShapesFigure
    /// A second figure that shows through, `ghostPart` of `ShapesFlaw.worst`.
    private var ghost: ShapesFigure?
    private var ghostPart = 0
    private var ink: ShapesRGB
    private var ground: ShapesRGB
    private var blurPasses = 0
    private var grain = 0
    private var wash = 0
    /// What the score loses, in thousandths.
    private var penalty: Int

    /// A faithful scene: the caption's, with a little jitter in position (±6 units: 3/8 pixel of 16), radius (±3 units),
    /// and in the shades of figure and ground (±10 levels each).
    init(_ caption: ShapesCaption, jitter random: inout ShapesRandom) {
        figure = ShapesFigure(caption)
        let (dx, dy) = (random.within(6), random.within(6))
        figure.centreX += dx
        figure.centreY += dy
        figure.radius += random.within(3)
        ink = caption.colour.levels.shaded(by: random.within(10))
        ground = caption.background.levels.shaded(by: random.within(10))
        penalty = 2 * (abs(dx) + abs(dy))
    }

    /// The score in thousandths: 1000 − 2 (|dx| + |dy|) − Σ weight · severity, never below 0.
    var score: Int { max(0, 1_000 - penalty) }

    /// Spoils the scene. What replaces the right attribute is drawn from `random`.
    mutating func apply(_ flaw: ShapesFlaw, to caption: ShapesCaption, _ random: inout ShapesRandom) {
        let (part, whole) = (flaw.severity, ShapesFlaw.worst)
        penalty += flaw.kind.weight * part
        switch flaw.kind {
        case .wrongShape:
            var other = figure
            other.shape = Self.another(than: caption.shape, &random)
            (ghost, ghostPart) = (other, part)
        case .wrongColour:
            ink = ink.mixed(with: Self.another(than: caption.colour, &random).levels, part: part, of: whole)
        case .wrongPlace:
            let (from, to) = (caption.place.point, Self.another(than: caption.place, &random).point)
            move((to.x - from.x) * part / whole, (to.y - from.y) * part / whole)
        case .wrongSize:
            let other = Self.another(than: caption.size, &random).radius
            resize((other - caption.size.radius) * part / whole)
        case .wrongBackground:
            ground = ground.mixed(with: Self.another(than: caption.background, &random).levels, part: part, of: whole)
        case .offCentre:
            let reach = 8 * part
            move(random.below(2) == 0 ? reach : -reach, random.below(2) == 0 ? reach : -reach)
        case .blur: blurPasses = part
        case .noise: grain = 28 * part
        case .washedOut: wash = part
        }
    }

    private mutating func move(_ dx: Int, _ dy: Int) {
        figure.centreX += dx
        figure.centreY += dy
        ghost?.centreX += dx
        ghost?.centreY += dy
    }

    private mutating func resize(_ growth: Int) {
        figure.radius += growth
        ghost?.radius += growth
    }

    private static func another<Attribute: CaseIterable & Equatable>(
        than one: Attribute, _ random: inout ShapesRandom
    ) -> Attribute {
        let others = Attribute.allCases.filter { $0 != one }
        return others[random.below(others.count)]
    }

    /// Paints the scene: coverage, then mixing of ink and ground, then wash, blur and grain.
    func paint(side: Int, grain random: inout ShapesRandom) -> ShapesPicture {
        let pale = ShapesRGB(128, 128, 128)
        let (ink, ground) = (ink.mixed(with: pale, part: wash, of: 4), ground.mixed(with: pale, part: wash, of: 4))
        var levels: [Int] = []
        levels.reserveCapacity(side * side * 3)
        for part in coverage(side: side) {
            let mixed = ground.mixed(with: ink, part: part, of: ShapesFigure.fullCoverage * ShapesFlaw.worst)
            levels += [mixed.red, mixed.green, mixed.blue]
        }
        for _ in 0..<blurPasses { levels = Self.blurred(levels, side: side) }
        if grain > 0 { levels = levels.map { min(255, max(0, $0 + random.within(grain))) } }
        return ShapesPicture(side: side, bytes: levels.map { UInt8($0) })
    }

    /// Coverage by figure and ghost together, in parts of `fullCoverage * worst`.
    private func coverage(side: Int) -> [Int] {
        let own = figure.coverage(side: side)
        guard let ghost else { return own.map { $0 * ShapesFlaw.worst } }
        return zip(own, ghost.coverage(side: side)).map { $0 * (ShapesFlaw.worst - ghostPart) + $1 * ghostPart }
    }

    /// The binomial filter (1 2 1) ⊗ (1 2 1) / 16; the border repeats.
    private static func blurred(_ levels: [Int], side: Int) -> [Int] {
        var result = levels
        for y in 0..<side {
            let rows = (max(0, y - 1), y, min(side - 1, y + 1))
            for x in 0..<side {
                let columns = (max(0, x - 1), x, min(side - 1, x + 1))
                for channel in 0..<3 {
                    func row(_ row: Int) -> Int {
                        func level(_ column: Int) -> Int { levels[(row * side + column) * 3 + channel] }
                        return level(columns.0) + 2 * level(columns.1) + level(columns.2)
                    }
                    result[(y * side + x) * 3 + channel] = (row(rows.0) + 2 * row(rows.1) + row(rows.2) + 8) / 16
                }
            }
        }
        return result
    }
}
