/// Lays pictures of one size out in rows and columns, with captions if wanted, for a person to look at.
package struct ImageGrid: Sendable {
    /// Cells in a row; at least 1.
    package var columns: Int
    /// Free pixels around every cell.
    package var padding: Int
    /// Every pixel of a picture becomes a square of this many pixels a side.
    package var scale: Int
    /// The most lines of a caption; the last one ends in ".." when words are left over.
    package var captionLines: Int
    /// Behind everything.
    package var background: Image.Colour
    /// Of the captions.
    package var ink: Image.Colour

    /// A layout. All numbers are in pixels of the result.
    package init(
        columns: Int, padding: Int = 4, scale: Int = 1, captionLines: Int = 4, background: Image.Colour = .white,
        ink: Image.Colour = .black
    ) {
        precondition(columns > 0 && padding >= 0 && scale > 0 && captionLines > 0, "a grid has cells")
        self.columns = columns
        self.padding = padding
        self.scale = scale
        self.captionLines = captionLines
        self.background = background
        self.ink = ink
    }

    /// Pictures row by row, captions below them. There are as many captions as pictures, or none.
    ///
    /// The pictures have one size; there is at least one.
    package func compose(_ images: [Image], captions: [String] = []) -> Image {
        guard let first = images.first else { preconditionFailure("a grid shows at least one picture") }
        precondition(
            images.allSatisfy { $0.width == first.width && $0.height == first.height }, "pictures of one size")
        precondition(captions.isEmpty || captions.count == images.count, "a caption for each picture, or none")
        let (cellWidth, pictureHeight) = (first.width * scale, first.height * scale)
        let texts = captions.map { Self.wrap($0, width: cellWidth, maxLines: captionLines) }
        let textHeight = (texts.map(\.count).max() ?? 0) * BitmapFont.lineHeight
        let cellHeight = pictureHeight + (textHeight > 0 ? textHeight + Self.gap : 0)
        let usedColumns = min(columns, images.count)
        let rows = (images.count + columns - 1) / columns
        var canvas = ImageCanvas(
            width: padding + usedColumns * (cellWidth + padding), height: padding + rows * (cellHeight + padding),
            background: background)
        for (index, image) in images.enumerated() {
            let x = padding + index % columns * (cellWidth + padding)
            let y = padding + index / columns * (cellHeight + padding)
            canvas.draw(image, x: x, y: y, scale: scale)
            guard !texts.isEmpty else { continue }
            for (line, text) in texts[index].enumerated() {
                canvas.draw(text, x: x, y: y + pictureHeight + Self.gap + line * BitmapFont.lineHeight, colour: ink)
            }
        }
        return canvas.image
    }

    /// Free pixels between a picture and its caption.
    private static let gap = 3

    /// Breaks a text into lines that fit `width` pixels: between words where possible, inside a long word otherwise.
    static func wrap(_ text: String, width: Int, maxLines: Int) -> [String] {
        let room = max(1, (width + 1) / BitmapFont.advance)
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            var word = String(word)
            if !line.isEmpty, line.count + 1 + word.count <= room {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            while word.count > room {
                lines.append(String(word.prefix(room)))
                word = String(word.dropFirst(room))
            }
            line = word
        }
        if !line.isEmpty { lines.append(line) }
        guard lines.count > maxLines else { return lines }
        let last = lines[maxLines - 1].prefix(max(0, room - 2)) + ".."
        return lines.prefix(maxLines - 1) + [String(last)]
    }
}
