import Checkpoints
import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Preferences
import Testing

/// A small scorer with fresh weights over the words of the shapes.
@Suite struct PickScoreTests {
    static func scorer(seed: UInt64 = 3) throws -> PickScore {
        let vocabulary = ShapesVocabulary()
        let files = TokenizerFiles([
            (name: "merges.txt", bytes: Array(vocabulary.mergesText.utf8)),
            (name: "vocab.json", bytes: Array(vocabulary.vocabularyJSON.utf8)),
        ])
        let config = try CLIPConfig([
            "projection_dim": 12,
            "text_config": [
                "eos_token_id": 618, "hidden_size": 16, "intermediate_size": 32, "max_position_embeddings": 16,
                "num_attention_heads": 2, "num_hidden_layers": 1, "vocab_size": 619,
            ],
            "vision_config": [
                "hidden_size": 16, "image_size": 16, "intermediate_size": 32, "num_attention_heads": 2,
                "num_hidden_layers": 1, "patch_size": 4,
            ],
        ])
        return try PickScore(
            Pipeline(
                .scorer,
                [
                    "clip": CLIPModel(config: config, loader: ParameterLoader(seed: seed)),
                    "tokenizer": CaptionTokenizer(files), "image_processor": CLIPImageProcessorConfig(edge: 16),
                ]))
    }

    static let pictures: ([Image], [String]) = {
        let dataset = ShapesDataset(world: try! ShapesWorld(seed: 5, side: 16), count: 20)
        var (images, captions): ([Image], [String]) = ([], [])
        for index in 0..<dataset.count {
            for side in PairSide.allCases {
                let planes = try! dataset.pixels(at: index, which: side, size: 16)
                images.append(PixelPlanes.image(planes, width: 16, height: 16))
                captions.append(dataset.item(at: index).caption)
            }
        }
        return (images, captions)
    }()

    @Test func aScoreDoesNotDependOnItsCompany() throws {
        let scorer = try Self.scorer()
        let (images, captions) = Self.pictures
        let planes = Tensor(images.flatMap { PixelPlanes.planar($0) }, shape: [images.count, 3, 16, 16])
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let together = try scorer.scores(planes, captions: captions, engine: engine)
        #expect(together == (try scorer.scores(images, captions: captions, engine: engine)))
        let alone = try images.indices.map {
            try scorer.scores([images[$0]], captions: [captions[$0]], engine: engine)[0]
        }
        #expect(together == alone)
        #expect(Set(together).count > images.count / 2 && together.allSatisfy { abs($0) <= 1 })
        // Between two steps of 8 bits nothing changes; outside the range a picture is clipped.
        let near = Tensor(planes.floats.map { $0 * 1.001 }, shape: planes.shape)
        #expect(together == (try scorer.scores(near, captions: captions, engine: engine)))
    }

    @Test func otherSizesAreBroughtToTheModels() throws {
        let scorer = try Self.scorer()
        let (images, captions) = Self.pictures
        let engine = Engine()
        defer { engine.stop() }
        let wide = PillowResize.resize(images[0], width: 48, height: 32, filter: .bicubic)
        let fitted = PillowResize.resize(wide, width: 24, height: 16, filter: .bicubic)
        var middle: [UInt8] = []
        for y in 0..<16 { middle += fitted.rgb[3 * (24 * y + 4)..<3 * (24 * y + 20)] }
        let square = Image(width: 16, height: 16, rgb: middle)
        let planes = Tensor(PixelPlanes.planar(wide), shape: [1, 3, 32, 48])
        #expect(
            try scorer.scores(planes, captions: [captions[0]], engine: engine)
                == scorer.scores([square], captions: [captions[0]], engine: engine))
    }

    @Test func aWrittenFolderIsTheSameScorer() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pickscore-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let scorer = try Self.scorer()
        try scorer.pipeline.write(to: folder)
        #expect(try PickScore(path: folder).digest == scorer.digest)
        #expect(try Self.scorer(seed: 4).digest != scorer.digest)
        // The tokenizer's files may lie beside the model's, as on the hub.
        for name in ["vocab.json", "merges.txt"] {
            try FileManager.default.moveItem(atPath: "\(folder)/tokenizer/\(name)", toPath: "\(folder)/\(name)")
        }
        try FileManager.default.removeItem(atPath: "\(folder)/tokenizer")
        #expect(try PickScore(path: folder).digest == scorer.digest)
        try FileManager.default.removeItem(atPath: "\(folder)/preprocessor_config.json")
        #expect(throws: RewardFilesError.self) { try PickScore(path: folder) }
        try AtomicFile.write(
            CLIPImageProcessorConfig(edge: 32).json.pretty, to: "\(folder)/preprocessor_config.json")
        #expect(throws: ConfigError.self) { try PickScore(path: folder) }
    }
}

@Suite struct CosineSimilarityTests {
    @Test func valueAndSlopes() {
        let a = Tensor([0.5, -1, 2, 1, 0.25, 3, -2, 1], shape: [2, 4])
        let b = Tensor([1, 2, 3, -1, 0.5, 0.5, -1, 2], shape: [2, 4])
        func cosine(_ x: [Float], _ y: [Float]) -> Double {
            let products = zip(x, y).map { Double($0) * Double($1) }.reduce(0, +)
            let (u, v) = (
                x.map { Double($0) * Double($0) }.reduce(0, +), y.map { Double($0) * Double($0) }.reduce(0, +)
            )
            return products / (u * v).squareRoot()
        }
        let (engine, pair) = (Engine(), CosinePair(1, 0))
        let found = engine.cosines(a, b, [pair])[0]
        #expect(abs(Double(found.value) - cosine(a.slice(1..<2).floats, b.slice(0..<1).floats)) < 1e-7)
        let da = engine.cosineGradient(of: a, and: b, [CosinePull(pair, found, slope: 3)])
        let db = engine.cosineGradient(of: b, and: a, [CosinePull(CosinePair(0, 1), found.swapped, slope: 3)])
        #expect(da.slice(0..<1).floats == [0, 0, 0, 0] && db.slice(1..<2).floats == [0, 0, 0, 0])
        for index in 0..<4 {
            var (up, down) = (a.slice(1..<2).floats, a.slice(1..<2).floats)
            up[index] += 1e-3
            down[index] -= 1e-3
            let slope = (cosine(up, b.slice(0..<1).floats) - cosine(down, b.slice(0..<1).floats)) / 2e-3
            #expect(abs(Double(da.floats[4 + index]) - 3 * slope) < 1e-4)
            (up, down) = (b.slice(0..<1).floats, b.slice(0..<1).floats)
            up[index] += 1e-3
            down[index] -= 1e-3
            let other = (cosine(a.slice(1..<2).floats, up) - cosine(a.slice(1..<2).floats, down)) / 2e-3
            #expect(abs(Double(db.floats[index]) - 3 * other) < 1e-4)
        }
    }
}

@Suite struct PickScoreLossTests {
    private func loss(_ first: Float, _ second: Float, scale: Float, label: Float) -> PickScoreLoss {
        PickScoreLoss(cosines: (first, second), scale: scale, label: label)
    }

    /// Against the formula of the public code in Float64: cross entropies of two logits by the label, plus log 0.5 for
    /// a tie. Three roundings to Float32 (the difference, z, the result) of numbers below 100.
    @Test(arguments: [1, 0.5] as [Float], [1, 14.3, 100] as [Float])
    func valueAndSlope(label: Float, scale: Float) {
        for (first, second) in [(0.3, 0.2), (0.2, 0.3), (-0.9, 0.9), (0.25, 0.25), (0.9, -0.9)] as [(Float, Float)] {
            let found = loss(first, second, scale: scale, label: label)
            let logits = (Double(scale) * Double(first), Double(scale) * Double(second))
            func formula(_ logits: (Double, Double)) -> Double {
                let top = max(logits.0, logits.1)
                let sum = top + log(exp(logits.0 - top) + exp(logits.1 - top))
                let share = Double(label)
                return share * (sum - logits.0) + (1 - share) * (sum - logits.1) + (label == 0.5 ? log(0.5) : 0)
            }
            #expect(abs(Double(found.value) - formula(logits)) < 3 * 200 * 0x1p-24)
            let slope = (formula((logits.0 + 1e-4, logits.1)) - formula((logits.0 - 1e-4, logits.1))) / 2e-4
            #expect(abs(Double(found.slope) - slope) < 1e-5)
            #expect((found.logit > 0) == (first > second))
        }
    }

    @Test func theLeastLossIsZero() {
        #expect(loss(0.4, 0.4, scale: 100, label: 0.5).value == 0)
        #expect(loss(0.4, 0.4, scale: 100, label: 0.5).slope == 0)
        #expect(loss(1, -1, scale: 100, label: 1).value < 1e-30)
        // A pair that is told apart well still pulls a little.
        #expect(loss(0.9, -0.9, scale: 14.3, label: 1).slope < 0)
        #expect(loss(0.5, 0.4, scale: 10, label: 0.5).value > 0)
    }
}
