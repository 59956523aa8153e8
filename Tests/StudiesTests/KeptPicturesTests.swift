import Core
import Datasets
import Foundation
import Testing

@testable import Studies

/// Pictures and scores as files: whole and what they say they are, or not there.
@Suite struct KeptPicturesTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "kept-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static let origin: JSONObject = ["prompt": "a cup", "seed": 3]
    private static let key = Digest.of(.document, .object(origin))
    private static let picture = DrawnPicture(
        Image(width: 5, height: 4, rgb: (0..<60).map { UInt8($0) }), origin: origin)

    @Test func aPictureIsFoundUnderWhatItFollowsFrom() throws {
        try inFolder { folder in
            let store = PictureStore(folder: folder)
            #expect(try !store.has(Self.key) && store.picture(Self.key) == nil)
            try store.keep(Self.picture, key: Self.key)
            #expect(try store.has(Self.key) && store.picture(Self.key) == Self.picture.image)
            #expect(try store.picture(.of(.document, "another")) == nil)
        }
    }

    /// Every byte of both files, changed or cut off there: the picture is the one that was drawn, or none.
    @Test func aDamagedPictureIsNone() throws {
        try inFolder { folder in
            let store = PictureStore(folder: folder)
            try store.keep(Self.picture, key: Self.key)
            let record = String(store.path(Self.key).dropLast(4)) + ".json"
            for file in [store.path(Self.key), record] {
                let bytes = try FileContents.read(file)
                var refused = 0
                for place in bytes.indices {
                    var other = bytes
                    other[place] ^= 0x10
                    for damaged in [other, Array(bytes.prefix(place))] {
                        try Data(damaged).write(to: URL(fileURLWithPath: file))
                        let found = try store.picture(Self.key)
                        #expect(found == nil || found == Self.picture.image, "\(file), byte \(place)")
                        refused += found == nil ? 1 : 0
                    }
                }
                #expect(refused > bytes.count, "\(file)")
                try Data(bytes).write(to: URL(fileURLWithPath: file))
            }
            try FileContents.remove([record])
            #expect(try store.picture(Self.key) == nil)
            // Another picture with a record of its own, in this one's place.
            let other = DrawnPicture(
                Image(width: 5, height: 4, filledWith: .white), origin: ["prompt": "b", "seed": 3])
            try store.keep(other, key: Self.key)
            #expect(try store.picture(Self.key) == nil)
        }
    }

    @Test func aScoreIsThatOfItsPixelsCaptionAndModel() throws {
        try inFolder { folder in
            let store = ScoreStore(folder: folder)
            let (a, b) = (Digest.of(.document, "a"), Digest.of(.document, "b"))
            let keys = [
                ScoreStore.Key(pixels: a, caption: "x", reward: b), .init(pixels: b, caption: "x", reward: b),
                .init(pixels: a, caption: "y", reward: b), .init(pixels: a, caption: nil, reward: b),
                .init(pixels: a, caption: "x", reward: a), .init(pixels: a, caption: "", reward: b),
            ]
            #expect(Set(keys.map(\.digest)).count == keys.count)
            for (place, key) in keys.enumerated() { try store.keep(Float(place) / 7, key: key) }
            for (place, key) in keys.enumerated() {
                #expect(try store.score(key)?.bitPattern == (Float(place) / 7).bitPattern)
            }
        }
    }

    @Test func aDamagedScoreIsNone() throws {
        try inFolder { folder in
            let store = ScoreStore(folder: folder)
            let key = ScoreStore.Key(pixels: .of(.document, "a"), caption: "x", reward: .of(.document, "b"))
            try store.keep(-0.25, key: key)
            let file = "\(folder)/\(key.digest.hex.prefix(2))/\(key.digest.hex).json"
            let bytes = try FileContents.read(file)
            for place in bytes.indices {
                var other = bytes
                other[place] ^= 0x01
                for damaged in [other, Array(bytes.prefix(place))] {
                    try Data(damaged).write(to: URL(fileURLWithPath: file))
                    let found = try store.score(key)
                    #expect(found == nil || found == -0.25, "byte \(place)")
                }
            }
        }
    }
}
