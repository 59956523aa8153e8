import Checkpoints
import Compute
import Core
import Datasets
import Diffusion
import Foundation
import SeparateDevice
import Testing

@testable import Preferences

/// Reward models in the layouts in which they are published, against transformers in Float64 (`Fixtures/make_rewards.py`).
@Suite struct RewardTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
    private static let pictures: [StoredPicture] = try! FileContents.names(in: "\(folder)/pictures").sorted().map {
        try ImageDecoder.decodeStored(bytes: FileContents.read("\(folder)/pictures/\($0)"), file: $0)
    }
    private static let captions = [
        "a red cup", "", "“Dogs” &amp; cats, naïve",
        "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p",
    ]

    private static func files(_ name: String) -> RewardFiles { RewardFiles("\(folder)/\(name)") }

    /// Against Float64: the largest distance over the largest number. Float32 through a few layers is some 1e-6 away.
    private static func distance(_ found: [Float], _ expected: Tensor) -> Double {
        let expected = expected.floats.map(Double.init)
        #expect(found.count == expected.count)
        return zip(found, expected).map { abs(Double($0) - $1) }.max()! / expected.map(abs).max()!
    }

    private static let limit = 2e-5

    /// Every number of the files that a score follows from is counted, as four bytes, and none is read. Heads are not: of these
    /// models they are a few KiB.
    @Test(arguments: ["hpsv2", "imagereward", "aesthetic"]) func memoryOfTheWeightsIsCounted(_ name: String) throws {
        let heads = ["imagereward": "mlp.", "aesthetic": "layers."]
        let kind = try #require(RewardKind.named(name))
        var files = Self.files(name)
        if name == "aesthetic" { files.head = "\(Self.folder)/aesthetic/linear.pth" }
        let footprint = try kind.footprint(files)
        let path = [
            "hpsv2": "/HPS_v2.1_compressed.pt", "imagereward": "/ImageReward.pt",
            "aesthetic": "/clip/model.safetensors",
        ]
        let numbers = try Checkpoint(opening: Self.folder + "/" + name + path[name]!).tensors.filter { tensor in
            let unused = ["text_", "logit_scale", "blip.vision_proj", "blip.text_proj"]
            let isOther = name != "hpsv2" && unused.contains { tensor.name.hasPrefix($0) }
            return !isOther && !tensor.name.hasSuffix("position_ids")
                && !tensor.name.hasPrefix(heads[name] ?? "mlp.layers.")
        }
        #expect(footprint.weights == 4 * numbers.reduce(0) { $0 + $1.shape.reduce(1, *) })
        #expect(footprint.storage == "mapped from the file")
        #expect(try footprint.edge == kind.open(files).edge)
        // Both linear layers of a vision transformer's layer are there at once, of all pictures of a batch.
        #expect(footprint.passes > 32 * 3 * 4 * footprint.edge * footprint.edge)
        var damaged = files
        damaged.model = NSTemporaryDirectory() + "no-\(name)"
        #expect(throws: (any Error).self) { try kind.footprint(damaged) }
        files.antialias = false
        if name == "hpsv2" { files.head = "head.pth" }
        #expect(throws: RewardFilesError.self) { try kind.footprint(files) }
    }

    /// An image tower of which nothing but the class token has a place would look at pictures of no size.
    @Test func aTowerWithoutPatchesIsRefused() throws {
        func config(tokens: Int) throws -> BLIPVisionConfig {
            try BLIPVisionConfig(
                of: Checkpoint(inMemory: [
                    ("vision_model.embeddings.patch_embedding.weight", Tensor(zeros: [64, 3, 8, 8])),
                    ("vision_model.embeddings.position_embedding.weight", Tensor(zeros: [1, tokens, 64])),
                ]))
        }
        #expect(try config(tokens: 5).imageSize == 16)
        #expect(try #require(throws: CheckpointError.self) { try config(tokens: 1) }.kind == .shape)
    }

    /// ViT-H-14 has as many parameters as torch counts: the text tower, the image tower, the scale.
    @Test func theFullSizeIsKnown() throws {
        let device = ShapeDevice()
        let model = try CLIPModel(config: OpenCLIPConfig.viTH14().clip, loader: ParameterLoader(shapesOn: device))
        let footprint = RewardFootprint(
            RewardFootprint.Outline(model, storage: "", atOnce: 32), on: device)
        #expect(footprint.weights == 4 * (354_032_640 + 632_076_800 + 1))
        // 32 pictures of 257 tokens: 5120 numbers before and after the activation, beside four of 1280.
        let layer = 4 * 32 * 257 * (2 * 5120 + 2 * 1280)
        #expect((layer..<layer * 3 / 2).contains(footprint.passes), "\(footprint.passes >> 20) MiB")
    }

    private func withEngine<Result>(workers: Int = 2, _ body: (Engine) throws -> Result) rethrows -> Result {
        let engine = Engine(workers: workers)
        defer { engine.stop() }
        return try body(engine)
    }

    @Test(arguments: ["hpsv2", "imagereward"]) func tablesAreThoseOfTransformers(_ name: String) throws {
        var files = Self.files(name)
        // The fixtures were made with Pillow 13.
        if name == "imagereward" { files.resizeOrder = .pillow13 }
        let model = try #require(RewardKind.named(name)).open(files)
        let table = try withEngine { try model.table(Self.pictures, captions: Self.captions, engine: $0) }
        let expected = try Checkpoint(safetensors: "\(Self.folder)/expected/\(name).safetensors")
        #expect(table.scores.shape == [4, 6])
        #expect(Self.distance(table.scores.floats, try expected.float32(named: "scores")) < Self.limit)
        let ids = try expected.tensor(named: "input_ids")
        let known = withExtendedLifetime(ids) { ids.bytes.withUnsafeBytes { Array($0.bindMemory(to: Int64.self)) } }
        #expect(table.ids.flatMap(\.self) == known.map(Int.init))
        if let pixels = expected["pixel_values"] {
            let made = try #require(table.steps.first { $0.name == "pixel_values" }).tensor
            #expect(Self.distance(made.floats, try expected.float32(named: pixels.name)) < 1e-6)
        }
        #expect(model.cuts(Self.captions[3]) && !model.cuts(Self.captions[0]))
    }

    @Test(arguments: ["linear", "relu"]) func aestheticHeads(_ head: String) throws {
        var files = RewardFiles("\(Self.folder)/aesthetic", head: "\(Self.folder)/aesthetic/\(head).pth")
        files.resizeOrder = .pillow13
        let model = try Aesthetic(files)
        let scores = try withEngine {
            try model.scores(Self.pictures, captions: Self.pictures.map { _ in "" }, engine: $0)
        }
        let expected = try Checkpoint(safetensors: "\(Self.folder)/expected/aesthetic.safetensors")
        #expect(Self.distance(scores, try expected.float32(named: head)) < Self.limit)
        #expect((model.folded == nil) == (head == "relu"))
    }

    /// The affine map that a head is gives what its layers give.
    @Test func aHeadIsOneAffineMap() throws {
        let stack = try LinearStack(Checkpoint(opening: "\(Self.folder)/aesthetic/linear.pth"))
        let folded = try #require(stack.folded)
        let row: [Float] = [0.1, -0.5, 0.3, 0.7, -0.2, 0.4]
        let found = withEngine { stack($0, Tensor(row, shape: [1, 6])).floats[0] }
        let expected = zip(row, folded.weight).reduce(folded.bias) { $0 + Double($1.0) * $1.1 }
        #expect(abs(Double(found) - expected) < 1e-6)
    }

    /// Neither company, nor order, nor workers leave a trace.
    @Test(arguments: ["hpsv2", "imagereward", "aesthetic"])
    func aScoreDoesNotDependOnItsCompany(_ name: String) throws {
        var files = Self.files(name)
        if name == "aesthetic" { files.head = "\(Self.folder)/aesthetic/relu.pth" }
        let model = try #require(RewardKind.named(name)).open(files)
        let captions = Self.pictures.indices.map { Self.captions[$0 % 3] }
        let together = try withEngine(workers: 3) { try model.scores(Self.pictures, captions: captions, engine: $0) }
        let table = try withEngine { try model.table(Self.pictures, captions: Self.captions, engine: $0) }.scores.floats
        // A model that has computed on the host computes on a device, and on the host again.
        let (separate, device) = Engine.separate(workers: 2)
        defer { separate.stop() }
        let there = try model.scores(Self.pictures, captions: captions, engine: separate)
        #expect(there.map(\.bitPattern) == together.map(\.bitPattern) && device.takeTraffic().operations > 20)
        #expect(try model.table(Self.pictures, captions: Self.captions, engine: separate).scores.floats == table)
        try withEngine(workers: 1) { engine in
            for (place, picture) in Self.pictures.enumerated() {
                let alone = try model.scores([picture], captions: [captions[place]], engine: engine)
                #expect(alone[0].bitPattern == together[place].bitPattern, "\(place)")
                #expect(
                    table[place % 3 * Self.pictures.count + place].bitPattern == together[place].bitPattern, "\(place)")
            }
        }
    }

    /// All that a score follows from is in the digest.
    @Test func digestsCoverTheRules() throws {
        let hps = try HPSv2(Self.files("hpsv2"))
        var files = Self.files("hpsv2")
        files.antialias = false
        #expect(try HPSv2(files).digest != hps.digest)
        files.antialias = true
        files.reader = .transformers
        #expect(try HPSv2(files).digest != hps.digest && HPSv2(Self.files("hpsv2")).digest == hps.digest)
        var other = Self.files("imagereward")
        other.resizeOrder = .pillow13
        #expect(try ImageReward(other).digest != ImageReward(Self.files("imagereward")).digest)
        let heads = try ["linear", "relu"].map {
            try Aesthetic(RewardFiles("\(Self.folder)/aesthetic", head: "\(Self.folder)/aesthetic/\($0).pth")).digest
        }
        #expect(heads[0] != heads[1])
    }

    /// Layers beside those that the configuration says are no model of it.
    @Test func moreLayersThanTheConfigurationSaysAreRefused() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reward-\(UUID().uuidString)").path
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["ImageReward.pt", "vocab.txt", "med_config.json", "vision_config.json"] {
            try AtomicFile.write(FileContents.read("\(Self.folder)/imagereward/\(name)"), to: "\(folder)/\(name)")
        }
        let config = String(decoding: try FileContents.read("\(folder)/med_config.json"), as: UTF8.self)
        try AtomicFile.write(
            config.replacing("\"num_hidden_layers\": 2", with: "\"num_hidden_layers\": 1"),
            to: "\(folder)/med_config.json")
        #expect(throws: CheckpointError.self) { try ImageReward(RewardFiles(folder)) }
    }

    /// LAION's own head, where it is named: the scores of eight vectors given by a formula (`expected.json`).
    @Test func theRealAestheticHead() throws {
        guard let data = ProcessInfo.processInfo.environment["SMPO_AESTHETIC"] else { return }
        let stack = try LinearStack(Checkpoint(opening: "\(data)/sac+logos+ava1-l14-linearMSE.pth"))
        let root = JSONCursor(try JSONValue.read("\(data)/expected.json"), name: "expected")
        try withEngine { engine in
            for row in try root["rows"].elements() {
                let i = Double(try row["i"].int())
                let numbers = (0..<768).map { sin(0.37 * (i + 1) * Double($0) + i) }
                let length = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
                let found = stack(engine, Tensor(numbers.map { Float($0 / length) }, shape: [1, 768])).floats[0]
                let (exact, single) = (try row["score"].double(), try row["float32"].double())
                #expect(abs(Double(found) - exact) <= max(4 * abs(single - exact), 4e-6), "\(i): \(found)")
            }
        }
    }
}
