import Core
import Datasets
import Foundation
import Testing

/// Edges against OpenCV's, pixel by pixel (`Fixtures/canny/make.py`).
@Suite struct CannyEdgesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/canny").path

    private static func image(_ name: String) throws -> Image {
        try ImageDecoder.decode(bytes: FileContents.read("\(folder)/\(name)"), file: name)
    }

    @Test func edgesAreOpenCVs() throws {
        let root = JSONCursor(try JSONValue.read("\(Self.folder)/cases.json"), name: "cases")
        var count = 0
        for item in try root.elements() {
            let (low, high) = (try item["low"].int(), try item["high"].int())
            let edges = CannyEdges.picture(of: try Self.image(item["picture"].string()), low: low, high: high)
            let name = try item["edges"].string()
            let expected = try Self.image(name)
            #expect(edges == expected, "\(name)")
            #expect(edges.rgb.contains(255) && edges.rgb.contains(0))
            count += 1
        }
        #expect(count == 8)
    }

    @Test func aPictureOfOnePixelHasNoEdge() {
        let image = Image(width: 1, height: 1, filledWith: .white)
        #expect(CannyEdges.picture(of: image).rgb == [0, 0, 0])
        let flat = Image(width: 5, height: 3, filledWith: Image.Colour(10, 200, 30))
        #expect(CannyEdges.picture(of: flat, low: 0, high: 0).rgb.allSatisfy { $0 == 0 })
    }
}
