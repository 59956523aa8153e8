import Core
import Tables
import Testing

@testable import Datasets

/// The rules of the public scripts, held against what these keep.
struct PairSelectionTests {
    private func cursor(_ name: String) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(try FixtureFiles.bytes("tables/\(name)"), file: name), name: name)
    }

    private func rows(_ file: String, _ change: (inout PairSelection) -> Void) throws -> [Int] {
        var selection = PairSelection()
        change(&selection)
        let table = try Table.parquet(try FixtureFiles.path("tables/\(file)"))
        return try selection.pairs(of: table, PairColumns()).map(\.row)
    }

    @Test func rulesKeepTheRowsOfThePublicScripts() throws {
        let expected = try cursor("filters.json")["filters"]["scored.parquet"]
        let rules: [(String, (inout PairSelection) -> Void)] = [
            ("label_0_is_0_or_1", { $0.labels = .decided }), ("labels_differ", { $0.labels = .different }),
            ("has_label", { $0.hasLabel = true }), ("are_different", { $0.areDifferent = true }),
            ("dreamlike_pairs", { $0.dreamlikeOnly = true }),
        ]
        #expect(try rules.map(\.0).sorted() == expected.members().map(\.key).sorted())
        for (name, rule) in rules {
            let found = try rows("scored.parquet", rule)
            #expect(try found == expected[name].elements().map { try $0.int() }, "\(name)")
            #expect(found.count < 24)
        }
        #expect(try rows("scored.parquet") { _ in } == Array(0..<24))
    }

    @Test func aPromptHasAtMostSoManyPairs() throws {
        let expected = try cursor("chains.json")["limit_examples_per_prompt_3"].elements().map { try $0.int() }
        #expect(try rows("chains.parquet") { $0.pairsPerPrompt = 3 } == expected)
    }

    @Test func goodPicturesAreTheBestOfTheirChain() throws {
        var selection = PairSelection()
        selection.onlyOnBest = true
        let table = try Table.parquet(try FixtureFiles.path("tables/chains.parquet"))
        let pairs = try selection.pairs(of: table, PairColumns())
        // The script fails on a picture that is nowhere any more, and takes a tie for a victory.
        let expected = try cursor("chains.json")["only_on_best"].elements().filter {
            try $0["fails"].present == nil && !$0["tie"].bool()
        }
        #expect(pairs.count == expected.count && pairs.count > 20)
        var moved = 0
        for (pair, entry) in zip(pairs, expected) {
            #expect(try pair.row == entry["row"].int())
            for (picture, name) in [(pair.image0, "jpg_0"), (pair.image1, "jpg_1")] {
                let place = try entry[name]
                #expect(try picture.row == place[0].int(), "row \(pair.row)")
                #expect(try (picture.side == .image0 ? "jpg_0" : "jpg_1") == place[1].string(), "row \(pair.row)")
                if picture.row != pair.row { moved += 1 }
            }
        }
        #expect(moved > 5)
    }

    /// `numpy.random.default_rng(seed).permutation(count)` of numpy 2, which `datasets` shuffles with.
    @Test func shufflingIsThatOfNumpy() {
        let expected: [(UInt64, [Int])] = [
            (0, [9, 2, 7, 4, 5, 11, 0, 3, 6, 10, 8, 1]), (1, [8, 11, 4, 7, 5, 0, 1, 9, 2, 10, 6, 3]),
            (42, [0, 7, 6, 9, 11, 3, 5, 2, 4, 10, 1, 8]),
            (9_223_372_036_854_775_813, [2, 3, 10, 1, 8, 7, 4, 11, 5, 0, 6, 9]),
        ]
        for (seed, order) in expected {
            #expect(NumpyGenerator.permutation(seed: seed, count: 12) == order, "seed \(seed)")
        }
        let long = NumpyGenerator.permutation(seed: 123, count: 5000)
        #expect(long.prefix(5) == [2830, 2970, 3963, 819, 2637])
        #expect(long.enumerated().reduce(0) { $0 + $1.offset * $1.element } == 31_217_479_441)
    }

    @Test func aSubsetIsTheStartOfTheShuffledRows() throws {
        let kept = try rows("scored.parquet") { $0.labels = .decided }
        let drawn = try rows("scored.parquet") {
            ($0.labels, $0.maxPairs, $0.shuffleSeed) = (.decided, 5, 42)
        }
        #expect(drawn == NumpyGenerator.permutation(seed: 42, count: kept.count).prefix(5).map { kept[$0] })
        #expect(try rows("scored.parquet") { $0.maxPairs = 100 }.sorted() == Array(0..<24))
    }
}
