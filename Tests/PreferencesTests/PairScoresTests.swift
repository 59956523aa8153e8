import Compute
import Core
import Datasets
import Foundation
import Testing

@testable import Preferences

/// What reward models say of the pictures of data sets, wherever these come from.
@Suite struct PairScoresTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

    private static func scorer(_ name: String) throws -> any RewardModel {
        guard name != "pickscore" else { return try PickScoreTests.scorer() }
        var files = RewardFiles("\(fixtures)/\(name)")
        if name == "aesthetic" { files.head = "\(fixtures)/aesthetic/relu.pth" }
        return try #require(RewardKind.named(name)).open(files)
    }

    /// The pairs of `world` as files: a folder with PNG files and a list.
    private func withFolder(_ drawn: ShapesDataset, _ body: (FolderPairs) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "pair-scores-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileContents.makeFolder(folder)
        var lines = ""
        for index in 0..<drawn.count {
            let edge = drawn.world.side
            for side in PairSide.allCases {
                let planes = try drawn.pixels(at: index, which: side, size: edge)
                try PNGWriter.write(
                    PixelPlanes.image(planes, width: edge, height: edge), to: "\(folder)/\(index)-\(side.rawValue).png")
            }
            let line: JSONValue = [
                "caption": .string(drawn.item(at: index).caption), "image_0": .string("\(index)-0.png"),
                "image_1": .string("\(index)-1.png"), "label_0": 1, "label_1": 0,
            ]
            lines += line.canonical + "\n"
        }
        try AtomicFile.write(lines, to: "\(folder)/\(FolderPairs.listName)")
        try body(FolderPairs.loadAll(folder: folder))
    }

    /// Drawn pictures have the scores of the same pictures in files, whether they are of the model's size, smaller or larger.
    @Test(arguments: ["pickscore", "hpsv2", "imagereward", "aesthetic"], [16, 32])
    func drawnPicturesAreScoredAsTheirFilesWouldBe(_ name: String, _ side: Int) throws {
        let scorer = try Self.scorer(name)
        let drawn = ShapesDataset(world: try ShapesWorld(seed: 5, side: side), count: 18)
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let found = try PairScores(drawn, scorer: scorer, engine: engine).scores.flatMap { [$0.0, $0.1] }
        #expect(Set(found).count > 18, "\(found)")
        try withFolder(drawn) { folder in
            let expected = try PairScores(folder, scorer: scorer, engine: engine).scores.flatMap { [$0.0, $0.1] }
            #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
        }
        // Some rows alone are those rows.
        let part = try PairScores(drawn, rows: 3..<5, scorer: scorer, engine: engine).scores.flatMap { [$0.0, $0.1] }
        #expect(part.map(\.bitPattern) == found[6..<10].map(\.bitPattern))
        // At the scorer's own size nothing is resized: the scores of the planes that a training would take.
        guard let scorer = scorer as? PickScore, scorer.edge == side else { return }
        let planes = try (0..<drawn.count).flatMap { index in
            try PairSide.allCases.flatMap { try drawn.pixels(at: index, which: $0, size: side) }
        }
        let captions = (0..<drawn.count).flatMap { [String](repeating: drawn.item(at: $0).caption, count: 2) }
        let direct = try scorer.scores(
            Tensor(planes, shape: [2 * drawn.count, 3, side, side]), captions: captions, engine: engine)
        #expect(direct.map(\.bitPattern) == found.map(\.bitPattern))
    }
}
