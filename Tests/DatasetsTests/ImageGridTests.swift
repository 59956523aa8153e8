import Testing

@testable import Datasets

@Suite struct ImageGridTests {
    private let red = Image.Colour(200, 0, 0)
    private let blue = Image.Colour(0, 0, 200)

    @Test func cellsPaddingAndScale() {
        let images = [red, blue, red].map { Image(width: 2, height: 3, filledWith: $0) }
        let grid = ImageGrid(columns: 2, padding: 1, scale: 4, background: .black).compose(images)
        #expect(grid.width == 1 + 2 * (8 + 1))
        #expect(grid.height == 1 + 2 * (12 + 1))
        #expect(grid[0, 0] == .black && grid[1, 1] == red && grid[8, 12] == red)
        #expect(grid[9, 1] == .black && grid[10, 1] == blue && grid[17, 12] == blue && grid[18, 12] == .black)
        #expect(grid[1, 13] == .black && grid[1, 14] == red && grid[10, 14] == .black)
    }

    @Test func everyPixelBecomesASquare() {
        let image = LinearGenerator.noise(width: 3, height: 2, seed: 4)
        let grid = ImageGrid(columns: 1, padding: 0, scale: 3).compose([image])
        for y in 0..<6 {
            for x in 0..<9 { #expect(grid[x, y] == image[x / 3, y / 3]) }
        }
    }

    @Test func captionIsDrawnBelow() {
        let image = Image(width: 12, height: 4, filledWith: red)
        let grid = ImageGrid(columns: 3, padding: 2).compose([image, image], captions: ["Ti", ""])
        #expect(grid.width == 2 + 2 * 14 && grid.height == 2 + 4 + 3 + 9 + 2)
        let rows = (0..<7).map { row in
            String((0..<11).map { grid[2 + $0, 2 + 4 + 3 + row] == .black ? "#" : "." })
        }
        #expect(
            rows == [
                "#####...#..",
                "..#........",
                "..#....##..",
                "..#.....#..",
                "..#.....#..",
                "..#.....#..",
                "..#....###.",
            ])
        // The second cell has no caption: its text area stays empty.
        for y in 6..<18 {
            for x in 16..<28 { #expect(grid[x, y] == .white) }
        }
    }

    @Test func captionsAreWrapped() {
        let text = "a red circle"
        #expect(ImageGrid.wrap(text, width: 24, maxLines: 9) == ["a", "red", "circ", "le"])
        #expect(ImageGrid.wrap(text, width: 71, maxLines: 9) == [text])
        #expect(ImageGrid.wrap(text, width: 70, maxLines: 9) == ["a red", "circle"])
        #expect(ImageGrid.wrap(text, width: 35, maxLines: 1) == ["a re.."])
        #expect(ImageGrid.wrap("  ", width: 30, maxLines: 2) == [])
        #expect(ImageGrid.wrap("abc", width: 1, maxLines: 3) == ["a", "b", "c"])
    }

    /// Every printable character has a glyph of its own.
    @Test func glyphsAreDistinct() {
        let glyphs = (UInt8(0x20)...0x7E).map { Array(BitmapFont.columns(Character(UnicodeScalar($0)))) }
        #expect(Set(glyphs).count == 95)
        #expect(glyphs.allSatisfy { $0.count == BitmapFont.width && $0.allSatisfy { $0 < 1 << BitmapFont.height } })
        #expect(Array(BitmapFont.columns("日")) == [0x7F, 0x41, 0x41, 0x41, 0x7F])
    }
}
