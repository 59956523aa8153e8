/// A picture under construction. What falls outside is not drawn.
struct ImageCanvas {
    private let width: Int
    private let height: Int
    private var rgb: [UInt8]

    init(width: Int, height: Int, background: Image.Colour) {
        let empty = Image(width: width, height: height, filledWith: background)
        (self.width, self.height, rgb) = (width, height, empty.rgb)
    }

    /// What was drawn.
    var image: Image { Image(width: width, height: height, rgb: rgb) }

    /// A picture with its top left corner at (x, y), every pixel as a square of `scale` pixels a side.
    mutating func draw(_ picture: Image, x: Int, y: Int, scale: Int) {
        for row in 0..<picture.height * scale {
            for column in 0..<picture.width * scale {
                set(x + column, y + row, to: picture[column / scale, row / scale])
            }
        }
    }

    /// One line of text with its top left corner at (x, y).
    mutating func draw(_ text: String, x: Int, y: Int, colour: Image.Colour) {
        for (index, character) in text.enumerated() {
            for (column, bits) in BitmapFont.columns(character).enumerated() {
                for row in 0..<BitmapFont.height where bits >> UInt8(row) & 1 == 1 {
                    set(x + index * BitmapFont.advance + column, y + row, to: colour)
                }
            }
        }
    }

    private mutating func set(_ x: Int, _ y: Int, to colour: Image.Colour) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let base = 3 * (y * width + x)
        (rgb[base], rgb[base + 1], rgb[base + 2]) = (colour.red, colour.green, colour.blue)
    }
}
