import Testing

@testable import Datasets

@Suite struct PixelPlanesTests {
    /// Bit patterns of numpy: `(float32(v) / float32(255) - float32(0.5)) / float32(0.5)`.
    @Test(arguments: [
        (UInt8(0), UInt32(0xBF80_0000)), (1, 0xBF7D_FDFE), (77, 0xBECA_CACA), (127, 0xBB80_8080), (128, 0x3B80_8100),
        (200, 0x3F11_9192), (254, 0x3F7D_FDFE), (255, 0x3F80_0000),
    ])
    func valuesAreThoseOfNumpy(sample: UInt8, bits: UInt32) {
        let planes = PixelPlanes.planar(Image(width: 1, height: 1, rgb: [sample, 0, 255]))
        #expect(planes.map(\.bitPattern) == [bits, 0xBF80_0000, 0x3F80_0000])
    }

    @Test func orderIsChannelRowColumn() {
        let image = Image(width: 2, height: 2, rgb: (0..<12).map { UInt8($0 * 20) })
        let order = [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]
        #expect(PixelPlanes.planar(image) == order.map { (Float($0 * 20) / 255 - 0.5) / 0.5 })
        let mirrored = [3, 0, 9, 6, 4, 1, 10, 7, 5, 2, 11, 8]
        #expect(PixelPlanes.planar(image, flipped: true) == mirrored.map { (Float($0 * 20) / 255 - 0.5) / 0.5 })
    }

    @Test func flippingPlanesIsFlippingThePicture() {
        let image = LinearGenerator.noise(width: 7, height: 4, seed: 12)
        let planes = PixelPlanes.planar(image)
        #expect(PixelPlanes.flipped(planes, width: 7) == PixelPlanes.planar(image, flipped: true))
        #expect(PixelPlanes.flipped(planes, width: 7) != planes)
    }

    @Test func everySampleComesBack() {
        let image = Image(width: 256, height: 1, rgb: (0..<768).map { UInt8($0 % 256) })
        #expect(PixelPlanes.image(PixelPlanes.planar(image), width: 256, height: 1) == image)
    }

    @Test func valuesOutsideAreClamped() {
        let image = PixelPlanes.image([-7, .nan, .infinity, -.infinity, 1.5, 0], width: 2, height: 1)
        // 0 is 127.5 in 8 bits: halves go to even.
        #expect(image.rgb == [0, 255, 255, 0, 0, 128])
    }
}
