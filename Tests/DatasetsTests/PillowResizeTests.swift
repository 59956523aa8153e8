import Core
import Testing

@testable import Datasets

private struct ResizeCases: Decodable {
    struct Resize: Decodable {
        let width, height, to_width, to_height: Int
        let seed: UInt64
        let binary: Bool
        let filter: String
        let sha256: String
    }
    struct Square: Decodable {
        let width, height, edge, resized_width, resized_height: Int
        let seed: UInt64
        let sha256: String
    }
    let resize: [Resize]
    let square: [Square]
}

@Suite struct PillowResizeTests {
    private let cases: ResizeCases

    init() throws { cases = try FixtureFiles.json("resize.json", as: ResizeCases.self) }

    /// 320 pictures and sizes, up and down, odd and single pixels, noise and extremes: the bits of Pillow 12.
    @Test func bitsAreThoseOfPillow() throws {
        #expect(cases.resize.count == 320)
        for one in cases.resize {
            let image = LinearGenerator.noise(width: one.width, height: one.height, seed: one.seed, binary: one.binary)
            let filter = try #require(ResampleFilter(rawValue: one.filter))
            let resized = PillowResize.resize(image, width: one.to_width, height: one.to_height, filter: filter)
            #expect(resized.width == one.to_width && resized.height == one.to_height)
            #expect(Digest.sha256(resized.rgb).hex == one.sha256, "\(one)")
        }
    }

    /// Shorter side and centre crop as torchvision computes them (in Python), the pixels by Pillow.
    @Test func squaresAreThoseOfTorchvision() throws {
        #expect(cases.square.count == 60)
        for one in cases.square {
            let image = LinearGenerator.noise(width: one.width, height: one.height, seed: one.seed)
            let size = PillowResize.shortestSideSize(width: one.width, height: one.height, edge: one.edge)
            #expect(size == (one.resized_width, one.resized_height), "\(one)")
            let square = PicturePreparation.plain.square(
                image, PicturePlacement(height: one.height, width: one.width, edge: one.edge))
            #expect(Digest.sha256(square.rgb).hex == one.sha256, "\(one)")
        }
    }

    @Test func sameSizeIsTheSamePicture() {
        let image = LinearGenerator.noise(width: 9, height: 5, seed: 3)
        #expect(PillowResize.resize(image, width: 9, height: 5) == image)
    }

    @Test func longThinPicturesAreBounded() throws {
        let line = Image(width: 3000, height: 1, filledWith: .white)
        let error = try #require(throws: ImageError.self) {
            try PillowResize.resizeShortestSide(line, to: 200, file: "line.png")
        }
        #expect(error.kind == .tooLarge)
        #expect("\(error)".contains("600000 x 200"), "\(error)")
    }

    /// Python rounds halves to even: 5 - 2 = 3 → 1.5 → 2, 3 - 2 = 1 → 0.5 → 0.
    @Test func centreCropRoundsHalvesToEven() {
        let image = LinearGenerator.noise(width: 5, height: 3, seed: 8)
        let crop = PillowResize.centerCrop(image, to: 2)
        #expect(crop[0, 0] == image[2, 0])
        #expect(crop[1, 1] == image[3, 1])
    }
}
