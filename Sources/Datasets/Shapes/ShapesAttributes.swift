/// An sRGB colour in integer levels 0…255.
package struct ShapesRGB: Equatable, Sendable {
    /// The levels of the three channels.
    package var red: Int, green: Int, blue: Int

    /// A colour of three levels, 0…255 each.
    package init(_ red: Int, _ green: Int, _ blue: Int) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// This colour and another one mixed in the ratio `whole - part : part`, rounded to the nearest level.
    func mixed(with other: ShapesRGB, part: Int, of whole: Int) -> ShapesRGB {
        func mix(_ a: Int, _ b: Int) -> Int { (a * (whole - part) + b * part + whole / 2) / whole }
        return ShapesRGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
    }

    /// This colour, lighter or darker by `shade` levels.
    func shaded(by shade: Int) -> ShapesRGB {
        func shift(_ level: Int) -> Int { min(255, max(0, level + shade)) }
        return ShapesRGB(shift(red), shift(green), shift(blue))
    }
}

/// The figure that a picture shows.
package enum ShapesShape: String, CaseIterable, Sendable {
    case circle, square, triangle, diamond, cross, ring
}

/// How large the figure is: a radius of 2.75 or 4.5 pixels in a picture of 16 × 16.
package enum ShapesSize: String, CaseIterable, Sendable {
    case small, large

    /// The radius in canvas units (256 a picture side).
    var radius: Int { self == .small ? 44 : 72 }
}

/// The colour of the figure: bright, and far from every background.
package enum ShapesColour: String, CaseIterable, Sendable {
    case red, orange, yellow, green, cyan, blue, pink, white

    /// The levels before the shade is varied.
    package var levels: ShapesRGB {
        switch self {
        case .red: ShapesRGB(240, 32, 32)
        case .orange: ShapesRGB(255, 140, 0)
        case .yellow: ShapesRGB(250, 240, 40)
        case .green: ShapesRGB(60, 230, 60)
        case .cyan: ShapesRGB(40, 230, 240)
        case .blue: ShapesRGB(60, 110, 255)
        case .pink: ShapesRGB(255, 70, 210)
        case .white: ShapesRGB(245, 245, 245)
        }
    }
}

/// Where the figure stands.
package enum ShapesPlace: String, CaseIterable, Sendable {
    case centre = "in the centre"
    case topLeft = "at the top left"
    case topRight = "at the top right"
    case bottomLeft = "at the bottom left"
    case bottomRight = "at the bottom right"

    /// The figure's centre in canvas units (256 a picture side), x to the right and y downwards.
    var point: (x: Int, y: Int) {
        let near = 76
        let far = 256 - near
        return switch self {
        case .centre: (128, 128)
        case .topLeft: (near, near)
        case .topRight: (far, near)
        case .bottomLeft: (near, far)
        case .bottomRight: (far, far)
        }
    }
}

/// The colour behind the figure: dark, and at least 90 levels (Euclidean) from every other background.
package enum ShapesBackground: String, CaseIterable, Sendable {
    case black, navy, maroon, forest, gray

    /// The levels before the shade is varied.
    package var levels: ShapesRGB {
        switch self {
        case .black: ShapesRGB(14, 14, 14)
        case .navy: ShapesRGB(20, 24, 130)
        case .maroon: ShapesRGB(130, 16, 36)
        case .forest: ShapesRGB(16, 100, 40)
        case .gray: ShapesRGB(120, 120, 120)
        }
    }
}
