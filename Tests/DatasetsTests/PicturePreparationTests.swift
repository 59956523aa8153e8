import Core
import Testing

@testable import Datasets

private struct PreparationCases: Decodable {
    struct File: Decodable {
        let name, sha256: String
        let height, width: Int
    }
    struct Square: Decodable {
        let height, width, edge, resized_height, resized_width, top, left: Int
        let seed: UInt64
        let flip, centre: Bool
        let sha256: String
    }
    struct Pair: Decodable {
        let first, second: [Int]
        let seeds: [UInt64]
        let edge, top, left: Int
        let flip, centre: Bool
        let places: [Int]
        let values: [Float]
    }
    let files: [File]
    let squares: [Square]
    let tensors: [Pair]
}

private struct RealSizes: Decodable {
    struct Crop: Decodable {
        let top, left: Int
        let sha256: String
    }
    struct Row: Decodable {
        let height, width, k: Int
        let picture: String
        let train_512, train_1024: Crop
    }
    let rows: [Row]
}

/// A data set of pictures in memory.
struct PictureList: PreferenceDataset {
    let images: [(Image, Image)]
    var count: Int { images.count }
    var digest: Digest { Self.digest(of: []) }
    func item(at index: Int) -> PairItem { preconditionFailure("pictures alone") }
    func image(at index: Int, which: PairSide) -> Image? { which == .image0 ? images[index].0 : images[index].1 }
    func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float] { preconditionFailure("pictures alone") }
}

@Suite struct PicturePreparationTests {
    private let cases: PreparationCases

    init() throws { cases = try FixtureFiles.json("preparation.json", as: PreparationCases.self) }

    /// Ten kinds of files: alpha dropped, orientation not applied, inks and palettes converted, as Pillow does.
    @Test func pixelsOfFilesAreThoseOfPillow() throws {
        #expect(cases.files.count == 10)
        for file in cases.files {
            let image = try ImageDecoder.decode(
                bytes: try FixtureFiles.bytes("preparation/\(file.name)"), file: file.name)
            #expect((image.height, image.width) == (file.height, file.width), "\(file.name)")
            #expect(Digest.sha256(image.rgb).hex == file.sha256, "\(file.name)")
        }
    }

    /// Single pixels, lines, tall pictures that shrink, in the middle and at any corner: the bits of Pillow 13.
    @Test func squaresAreThoseOfTheScripts() throws {
        let preparation = PicturePreparation(order: .pillow13)
        var differing = 0
        for one in cases.squares {
            let image = LinearGenerator.noise(width: one.width, height: one.height, seed: one.seed)
            let placement = PicturePlacement(
                height: one.height, width: one.width, edge: one.edge, isMirrored: one.flip,
                corner: one.centre ? nil : { _, _ in (one.top, one.left) })
            #expect((placement.height, placement.width) == (one.resized_height, one.resized_width), "\(one)")
            #expect((placement.top, placement.left) == (one.top, one.left), "\(one)")
            let square = preparation.square(image, placement)
            let planes = preparation.planes(image, placement)
            let pixels = PixelPlanes.image(planes, width: one.edge, height: one.edge)
            #expect(Digest.sha256(pixels.rgb).hex == one.sha256, "\(one)")
            if PicturePreparation.plain.square(image, placement) != square { differing += 1 }
        }
        // Else the test would say nothing of the order.
        #expect(differing >= 5)
    }

    /// Pictures of a formula at the sizes that models are trained at; two of them at 1024 pixels, which takes long here.
    @Test func squaresOfRealSizesAreThoseOfTheScripts() throws {
        for row in try FixtureFiles.json("real_sizes.json", as: RealSizes.self).rows {
            var rgb: [UInt8] = []
            for y in 0..<row.height {
                for x in 0..<row.width {
                    for c in 0..<3 {
                        let value = (3 + 2 * c + row.k) * y + (5 + 3 * c + 2 * row.k) * x + x * y / 16 * (c + 1)
                        rgb.append(UInt8(truncatingIfNeeded: value))
                    }
                }
            }
            let image = Image(width: row.width, height: row.height, rgb: rgb)
            #expect(Digest.sha256(rgb).hex == row.picture)
            for (edge, crop) in [(512, row.train_512), (1024, row.train_1024)] where edge == 512 || row.k > 7 {
                let placement = PicturePlacement(height: row.height, width: row.width, edge: edge)
                #expect((placement.top, placement.left) == (crop.top, crop.left))
                let square = PicturePreparation.plain.square(image, placement)
                #expect(Digest.sha256(square.rgb).hex == crop.sha256, "\(row.height) x \(row.width) at \(edge)")
            }
        }
    }

    /// The part that is computed is the part of the whole.
    @Test func regionsAreCroppedPictures() {
        let image = LinearGenerator.noise(width: 37, height: 90, seed: 5)
        for order in PillowResize.Order.allCases {
            for (width, height) in [(20, 30), (60, 200), (37, 12), (11, 90), (37, 90)] {
                let whole = PillowResize.resize(image, width: width, height: height, filter: .bicubic, order: order)
                let region = PixelRegion(top: 3, left: 2, height: 8, width: 7)
                let part = PillowResize.resize(
                    image, width: width, height: height, filter: .bicubic, order: order, region: region)
                #expect(part == whole.cropped(rows: 3..<11, columns: 2..<9), "\(order) \(width) x \(height)")
            }
        }
    }

    /// Three roundings to Float32 of values below 1, the last two after the factor 2: at most 3 · 2⁻²⁵ · 2, and a little.
    @Test func tensorsAreThoseOfTheScriptForSDXL() throws {
        let preparation = PicturePreparation(resize: .pair, order: .pillow13)
        for one in cases.tensors {
            let images = zip([one.first, one.second], one.seeds).map {
                LinearGenerator.noise(width: $0[1], height: $0[0], seed: $1)
            }
            let placement = PicturePlacement(
                height: one.first[0], width: one.first[1], edge: one.edge, isMirrored: one.flip,
                corner: one.centre ? nil : { _, _ in (one.top, one.left) })
            #expect((placement.top, placement.left) == (one.top, one.left), "\(one)")
            let both = images.flatMap { preparation.tensor($0, as: images[0], placement) }
            for (place, value) in zip(one.places, one.values) {
                #expect(abs(both[place] - value) < 2e-7, "\(one.first) \(one.edge): \(place)")
            }
        }
    }

    /// Each draw stands by itself: what a pair is given does not depend on which others were asked for.
    @Test func cropsAndFlipsComeFromTheirStreams() throws {
        let images = (0..<40).map { index in
            (
                LinearGenerator.noise(width: 20, height: 30, seed: UInt64(index)),
                LinearGenerator.noise(width: 30, height: 20, seed: UInt64(100 + index))
            )
        }
        let data = PictureList(images: images)
        func prepared(_ preparation: PicturePreparation, _ index: Int) throws -> [PreparedPicture] {
            try preparation.pictures(
                of: data, at: index, sides: [.image1, .image0], size: 8,
                draws: PictureDraws(seed: 7, step: 3, item: index))
        }
        let apart = PicturePreparation(crop: .random, flip: .picture)
        let all = try data.images.indices.map { try prepared(apart, $0) }
        #expect(try prepared(apart, 17).map(\.planes) == all[17].map(\.planes))
        // 20 x 30 becomes 8 x 12: five places down, one across; the other picture the other way round.
        #expect(Set(all.map { $0[1].frame.top }) == Set(0...4) && all.allSatisfy { $0[1].frame.left == 0 })
        #expect(Set(all.map { $0[0].frame.left }) == Set(0...4) && all.allSatisfy { $0[0].frame.top == 0 })
        #expect(all[0][0].frame.height == 20 && all[0][0].frame.width == 30)
        #expect(Set(all.map { $0.map(\.isMirrored) }).count == 4)
        for (pair, images) in zip(all, images) {
            for (picture, image) in zip(pair, [images.1, images.0]) {
                let placement = PicturePlacement(
                    height: image.height, width: image.width, edge: 8, isMirrored: picture.isMirrored,
                    corner: { _, _ in (picture.frame.top, picture.frame.left) })
                #expect(picture.planes == apart.planes(image, placement))
            }
        }
        let alike = PicturePreparation(resize: .pair, crop: .random, flip: .picture)
        for index in images.indices {
            let pair = try prepared(alike, index)
            #expect(pair[0].frame == pair[1].frame && pair[0].isMirrored == pair[1].isMirrored)
            #expect(pair[0].frame.height == 30 && pair[0].frame.width == 20)
            #expect(pair[0].isMirrored == all[index][0].isMirrored)
            let together = try prepared(PicturePreparation(flip: .pair), index)
            #expect(together.map(\.isMirrored) == [pair[0].isMirrored, pair[0].isMirrored])
        }
    }

    /// A line of a pixel's width becomes a square without the whole resized picture.
    @Test func veryLongPicturesAreCroppedWithoutTheWhole() throws {
        let image = LinearGenerator.noise(width: 1, height: 30_000, seed: 9)
        let placement = PicturePlacement(height: 30_000, width: 1, edge: 1024)
        let square = PicturePreparation.plain.square(image, placement)
        // The middle 1024 rows of 30,720,000: around the border of the two middle pixels.
        #expect(square[0, 0] == square[1023, 0])
        #expect(square[0, 0] != square[0, 1023])
    }
}
