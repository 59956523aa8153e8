/// Canny's edges (1986) as OpenCV's `Canny` finds them, to the pixel: in integers alone, so on every machine the same.
///
/// The rule. Sobel's 3 × 3 differences dx, dy of each channel, the border's pixels repeated; of a colour picture the
/// channel whose |dx| + |dy| is largest, the first of equals. A pixel with |dx| + |dy| above `low` stays if it is no less
/// than its neighbours across the edge (above the one, not below the other, so that one of two equals stays): left and
/// right where |dy| < tan 22.5° · |dx|, up and down where |dy| > tan 67.5° · |dx|, diagonal (above both) between, with tan 22.5° as
/// 13573/2¹⁵ and tan 67.5° as that plus 2; beyond the border all is 0. Of those, pixels above `high` are edges, and so are
/// all that hang together with one, over corners too.
///
/// Source: modules/imgproc/src/canny.cpp of OpenCV 4 (5.0 gives the same), aperture 3, `L2gradient` false.
package enum CannyEdges {
    /// The thresholds that pictures for ControlNets are made with by custom.
    package static let low = 100, high = 200

    private enum Mark { case none, candidate, edge }

    /// Edges white, all else black.
    package static func picture(of image: Image, low: Int = low, high: Int = high) -> Image {
        precondition(0 <= low && low <= high, "thresholds \(low) and \(high)")
        let (width, height) = (image.width, image.height)
        let slopes = Slopes(image)
        var marks = [Mark](repeating: .none, count: width * height)
        var open: [Int] = []
        for y in 0..<height {
            for x in 0..<width where slopes.isCrest(x, y, above: low) {
                let place = y * width + x
                marks[place] = .candidate
                if slopes.size(x, y) > high {
                    marks[place] = .edge
                    open.append(place)
                }
            }
        }
        while let place = open.popLast() {
            let (x, y) = (place % width, place / width)
            for row in max(0, y - 1)...min(height - 1, y + 1) {
                for column in max(0, x - 1)...min(width - 1, x + 1) where marks[row * width + column] == .candidate {
                    marks[row * width + column] = .edge
                    open.append(row * width + column)
                }
            }
        }
        return Image(
            width: width, height: height,
            rgb: marks.flatMap { [UInt8](repeating: $0 == .edge ? 255 : 0, count: 3) })
    }

    /// Sobel's differences of a picture.
    private struct Slopes {
        let width, height: Int
        private var across: [Int]
        private var down: [Int]

        init(_ image: Image) {
            (width, height) = (image.width, image.height)
            across = [Int](repeating: 0, count: width * height)
            down = across
            let rgb = image.rgb
            for y in 0..<height {
                let rows = [max(0, y - 1), y, min(height - 1, y + 1)].map { 3 * $0 * width }
                for x in 0..<width {
                    let columns = [max(0, x - 1), x, min(width - 1, x + 1)].map { 3 * $0 }
                    var most = -1
                    for channel in 0..<3 {
                        func value(_ row: Int, _ column: Int) -> Int { Int(rgb[rows[row] + columns[column] + channel]) }
                        let dx =
                            value(0, 2) - value(0, 0) + 2 * (value(1, 2) - value(1, 0)) + value(2, 2) - value(2, 0)
                        let dy =
                            value(2, 0) - value(0, 0) + 2 * (value(2, 1) - value(0, 1)) + value(2, 2) - value(0, 2)
                        guard abs(dx) + abs(dy) > most else { continue }
                        most = abs(dx) + abs(dy)
                        (across[y * width + x], down[y * width + x]) = (dx, dy)
                    }
                }
            }
        }

        /// |dx| + |dy|; 0 beyond the border.
        func size(_ x: Int, _ y: Int) -> Int {
            guard (0..<width).contains(x), (0..<height).contains(y) else { return 0 }
            return abs(across[y * width + x]) + abs(down[y * width + x])
        }

        /// Whether a pixel stays that is larger than `low`.
        func isCrest(_ x: Int, _ y: Int, above low: Int) -> Bool {
            let own = size(x, y)
            guard own > low else { return false }
            let (dx, dy) = (across[y * width + x], down[y * width + x])
            let (flat, steep) = (abs(dx) * 13573, abs(dy) << 15)
            if steep < flat { return own > size(x - 1, y) && own >= size(x + 1, y) }
            if steep > flat + abs(dx) << 16 { return own > size(x, y - 1) && own >= size(x, y + 1) }
            let side = (dx < 0) != (dy < 0) ? -1 : 1
            return own > size(x - side, y - 1) && own > size(x + side, y + 1)
        }
    }
}
