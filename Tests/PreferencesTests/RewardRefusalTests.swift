import Core
import Datasets
import Foundation
import Testing

@testable import Preferences

/// Files that are no reward model of the kind that was asked for: what, where, expected, found, what to do.
@Suite struct RewardRefusalTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
    private static let (hps, ir, ae) = ("\(fixtures)/hpsv2", "\(fixtures)/imagereward", "\(fixtures)/aesthetic")

    private func refusal(_ kind: String, _ files: RewardFiles) -> String {
        do {
            _ = try RewardKind.named(kind)!.open(files)
            return "none"
        } catch { return "\(error)" }
    }

    private func expect(
        _ kind: String, _ files: RewardFiles, naming words: String..., location: SourceLocation = #_sourceLocation
    ) {
        let message = refusal(kind, files)
        for word in words { #expect(message.contains(word), "\(message)", sourceLocation: location) }
        #expect(!message.contains("\n"), "\(message)", sourceLocation: location)
    }

    /// A folder with a copy of what lies in `source`, and a small scorer in `scorer`.
    private func withCopy(of source: String, _ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "reward-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: source, toPath: folder)
        try PickScoreTests.scorer().pipeline.write(to: "\(folder)/scorer")
        try body(folder)
    }

    @Test func filesOfAnotherKind() throws {
        expect("hpsv2", RewardFiles(Self.ir), naming: "ImageReward.pt", "names of open_clip or transformers", "blip.")
        expect("hpsv2", RewardFiles("\(Self.ae)/relu.pth"), naming: "relu.pth", "names of open_clip", "layers.0.bias")
        expect("imagereward", RewardFiles(Self.hps), naming: "HPS_v2.1_compressed.pt", "no tensor of an ImageReward")
        expect("aesthetic", RewardFiles(Self.hps, head: "\(Self.ae)/relu.pth"), naming: "\(Self.hps)/config.json")
        expect(
            "aesthetic", RewardFiles("\(Self.ae)/clip", head: "\(Self.ir)/ImageReward.pt"),
            naming: "ImageReward.pt", "no stack of linear layers")
        for other in [Self.hps, Self.ir] {
            expect(
                "pickscore", RewardFiles(other), naming: "\(other) holds no config.json", "model.safetensors",
                "hpsv2, imagereward, aesthetic")
        }
        expect(
            "pickscore", RewardFiles("\(Self.hps)/HPS_v2.1_compressed.pt"),
            naming: "HPS_v2.1_compressed.pt is a file", "expected the folder of a CLIP")
        // CLIP without its text tower.
        expect("pickscore", RewardFiles("\(Self.ae)/clip"), naming: "\(Self.ae)/clip holds no preprocessor_config.json")
        try withCopy(of: Self.ae) { folder in
            expect("hpsv2", RewardFiles("\(folder)/scorer"), naming: "is no ViT-H-14", "open_clip_config.json")
            expect("imagereward", RewardFiles("\(folder)/scorer"), naming: "no tensor of an ImageReward")
            expect(
                "aesthetic", RewardFiles("\(folder)/scorer", head: "\(folder)/relu.pth"),
                naming: "relu.pth is the head of another CLIP", "expected 12 numbers", "found 6")
        }
    }

    @Test func filesThatAreNotThere() throws {
        for kind in RewardKind.all.map(\.name) {
            expect(kind, RewardFiles("\(Self.hps)/nowhere"), naming: "\(Self.hps)/nowhere")
            expect(kind, RewardFiles("nowhere"), naming: "nowhere: ")
        }
        expect("aesthetic", RewardFiles("\(Self.ae)/clip", head: "nowhere.pth"), naming: "nowhere.pth: cannot open")
        expect(
            "aesthetic", RewardFiles("\(Self.ae)/clip"), naming: "clip holds no weights", "linearMSE.pth", "fetch it")
        expect("aesthetic", RewardFiles(Self.ae), naming: "several files of weights", "linear.pth, relu.pth")
        expect("hpsv2", RewardFiles("\(Self.ae)/clip"), naming: "model.safetensors")
        expect("imagereward", RewardFiles(Self.ir, head: "x"), naming: "head has no use for ImageReward")
        expect(
            "aesthetic", RewardFiles("\(Self.ae)/clip", processor: Self.ir, head: "\(Self.ae)/relu.pth"),
            naming: "\(Self.ir) holds no preprocessor_config.json", "leave the processor out")
        // PickScore v1 is published without its processor.
        try withCopy(of: Self.ir) { folder in
            let scorer = "\(folder)/scorer"
            try FileManager.default.moveItem(atPath: "\(scorer)/tokenizer", toPath: "\(folder)/away")
            expect(
                "pickscore", RewardFiles(scorer), naming: "\(scorer) holds no tokenizer", "vocab.json and merges.txt",
                "processor")
            try FileContents.remove(["\(scorer)/preprocessor_config.json"])
            expect(
                "pickscore", RewardFiles(scorer), naming: "\(scorer) holds no preprocessor_config.json",
                "CLIP-ViT-H-14-laion2B-s32B-b79K")
            try FileContents.remove(["\(folder)/vocab.txt"])
            expect(
                "imagereward", RewardFiles(folder), naming: "\(folder) holds no vocabulary",
                "bert-base-uncased/vocab.txt", "bert-base-uncased as the processor")
        }
    }

    @Test func tokenizersOfAnotherModel() throws {
        try withCopy(of: Self.hps) { folder in
            let scorer = "\(folder)/scorer"
            // 514 ids and 619: too few and too many, in the processor's folder and in the model's own.
            expect(
                "hpsv2", RewardFiles(Self.hps, processor: scorer), naming: "\(scorer)/tokenizer holds a tokenizer",
                "of another model", "expected 514 ids", "found 619", "as the processor")
            try AtomicFile.write(
                FileContents.read("\(scorer)/preprocessor_config.json"), to: "\(folder)/preprocessor_config.json")
            expect(
                "pickscore", RewardFiles(scorer, processor: folder), naming: "\(folder) holds a tokenizer",
                "expected 619 ids", "found 514")
            for name in ["vocab.json", "merges.txt"] {
                try AtomicFile.write(FileContents.read("\(folder)/\(name)"), to: "\(scorer)/tokenizer/\(name)")
            }
            expect(
                "pickscore", RewardFiles(scorer), naming: "\(scorer)/tokenizer holds a tokenizer", "expected 619 ids",
                "found 514")
            #expect(throws: RewardFilesError.self) { try PickScore(path: scorer) }
        }
        expect("hpsv2", RewardFiles(Self.hps, processor: Self.ir), naming: "\(Self.ir) holds no tokenizer", "expected")
        expect(
            "imagereward", RewardFiles("\(Self.ir)/ImageReward.pt", processor: Self.ae),
            naming: "\(Self.ae) holds no vocabulary")
        try withCopy(of: Self.ir) { folder in
            let lines = try FileContents.read("\(folder)/vocab.txt").split(separator: 0x0A)
            let path = "\(folder)/vocab.txt"
            try AtomicFile.write(Array(lines.dropLast(3).joined(separator: [0x0A])), to: path)
            expect(
                "imagereward", RewardFiles(folder), naming: "\(path) is the vocabulary of another model",
                "expected \(lines.count + 2) ids", "found \(lines.count - 1)", "bert-base-uncased as the processor")
            // CLIP's is no list of words.
            try AtomicFile.write(FileContents.read("\(Self.hps)/vocab.json"), to: path)
            expect("imagereward", RewardFiles(folder), naming: path, "special token [PAD]", "a token a line")
        }
    }
}
