import Core
import Testing

@testable import Datasets

@Suite("Shapes: preference pairs")
struct ShapesPairTests {
    private static func pairs(_ count: Int = 400) throws -> [ShapesPair] {
        let world = try ShapesWorld(seed: 11)
        return (0..<count).map(world.pair)
    }

    @Test("The score is the documented sum")
    func score() throws {
        for pair in try Self.pairs() {
            for entry in [pair.first, pair.second] {
                let lost = entry.flaws.reduce(0) { $0 + $1.kind.weight * $1.severity }
                // The jitter takes at most 2 (6 + 6).
                #expect((max(0, 976 - lost)...max(0, 1_000 - lost)).contains(entry.score))
            }
        }
    }

    @Test("Six pairs of ten have a faithful picture, in either place")
    func faithful() throws {
        let pairs = try Self.pairs()
        let first = pairs.count { $0.first.flaws.isEmpty }
        let second = pairs.count { $0.second.flaws.isEmpty }
        #expect((85...155).contains(first))
        #expect((85...155).contains(second))
        #expect(!pairs.contains { $0.first.flaws.isEmpty && $0.second.flaws.isEmpty })
    }

    @Test("Votes are right 75 to 85 times in 100, more often where the gap is wide, and sometimes tied")
    func votes() throws {
        let pairs = try Self.pairs(1_000)
        func right(_ pairs: [ShapesPair]) -> Double {
            let cast = pairs.filter { $0.vote != .tie && $0.first.score != $0.second.score }
            return Double(cast.count { ($0.vote == .first) == ($0.first.score > $0.second.score) }) / Double(cast.count)
        }
        func gap(_ pair: ShapesPair) -> Int { abs(pair.first.score - pair.second.score) }
        #expect((0.75...0.85).contains(right(pairs)))
        #expect(right(pairs.filter { gap($0) < 100 }) + 0.1 < right(pairs.filter { gap($0) > 300 }))
        #expect((60...200).contains(pairs.count { $0.vote == .tie }))
    }

    @Test("The judge, which knows no scores, sides with them where the gap is wide")
    func judgeAgrees() throws {
        let judge = try ShapesJudge()
        let pairs = try Self.pairs(150).filter { abs($0.first.score - $0.second.score) >= 300 }
        let agree = pairs.count { pair in
            let first = judge.judge(pair.first.picture, against: pair.caption).reward
            let second = judge.judge(pair.second.picture, against: pair.caption).reward
            return (first > second) == (pair.first.score > pair.second.score)
        }
        #expect(pairs.count > 40)
        #expect(Double(agree) >= 0.9 * Double(pairs.count))
    }

    @Test("The data set hands out the world's pairs and pins their bytes")
    func dataset() throws {
        let world = try ShapesWorld(seed: 11)
        let dataset = ShapesDataset(world: world, count: 20)
        #expect(dataset.count == 20)
        let (item, pair) = (dataset.item(at: 17), world.pair(at: 17))
        #expect(item.id == "pair-000017" && item.image1 == "pair-000017/1")
        #expect(item.caption == pair.caption.text)
        #expect(item.imageDigest0 == Digest.of(.file, pair.first.picture.bytes))
        #expect(item.score1 == Double(pair.second.score) / 1_000)
        #expect(item.label0 + item.label1 == 1)
        #expect(try dataset.pixels(at: 17, which: .image1, size: 16) == pair.second.picture.pixels)
        #expect(throws: ShapesError.otherSize(asked: 32, drawn: 16)) {
            try dataset.pixels(at: 0, which: .image0, size: 32)
        }
        #expect(dataset.digest == ShapesDataset(world: world, count: 20).digest)
        #expect(dataset.digest != ShapesDataset(world: world, count: 21).digest)
        #expect(dataset.digest.short == "66df624931b5")
    }

    @Test("The gallery hands out the world's faithful pictures and pins their bytes")
    func gallery() throws {
        let world = try ShapesWorld(seed: 1)
        let gallery = ShapesGallery(world: world, count: 20)
        #expect(gallery.caption(at: 3) == world.caption(at: 3).text)
        #expect(try gallery.pixels(at: 3, size: 16) == world.picture(at: 3).pixels)
        #expect(gallery.imageDigest(at: 3) == Digest.of(.file, world.picture(at: 3).bytes))
        #expect(throws: ShapesError.otherSize(asked: 8, drawn: 16)) { try gallery.pixels(at: 3, size: 8) }
        #expect(gallery.digest != ShapesGallery(world: try ShapesWorld(seed: 2), count: 20).digest)
        #expect(gallery.digest.short == "a379265fbf2e")
    }
}
