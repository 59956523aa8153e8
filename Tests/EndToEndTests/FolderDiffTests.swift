import Core
import Foundation
import Testing

/// `smpo diff`, `digest` and `inspect` on folders: nothing is left out in silence.
@Suite struct FolderDiffTests {
    /// Two folders, A and B, with one component each; removed after `body`.
    private struct Pair {
        let root = FileManager.default.temporaryDirectory.appending(path: "folders-\(UUID())").path
        var program: Program { Program(folder: root) }

        static func with(_ body: (Pair) throws -> Void) throws {
            let pair = Pair()
            defer { try? FileManager.default.removeItem(atPath: pair.root) }
            for side in ["A", "B"] {
                try pair.weights("\(side)/unet/diffusion_pytorch_model.safetensors", 1)
                try pair.write("\(side)/model_index.json", #"{"_class_name": "Pipeline"}"#)
            }
            try body(pair)
        }

        /// A safetensors file with one number.
        func weights(_ path: String, _ value: Float) throws {
            let header = Array(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
            let bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
            try write(path, bytes + withUnsafeBytes(of: value) { Array($0) })
        }

        func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }

        func write(_ path: String, _ bytes: [UInt8]) throws {
            let place = URL(filePath: root).appending(path: path)
            try FileContents.makeFolder(place.deletingLastPathComponent().path)
            try AtomicFile.write(bytes, to: place.path)
        }

        /// Bytes of no known form, with one that is given.
        func unknown(_ path: String, _ byte: UInt8) throws {
            try write(path, [UInt8](repeating: 8, count: 2000) + [byte])
        }
    }

    @Test(arguments: ["unett*", "vae/*"]) func aFilterThatMeetsNothingIsNoPass(pattern: String) throws {
        try Pair.with { pair in
            let result = try pair.program.run("diff", "A", "B", "--only", "unet/*", "--only", pattern, "--json")
            #expect(result.status == 2 && result.output.isEmpty && result.errors.contains("\"\(pattern)\""))
            #expect(try pair.program.run("diff", "A", "B", "--only", "unet/*").status == 0)
            try pair.write("all.yaml", "tensors: [{pattern: \"*\", ignore: true}]")
            let ignoring = try pair.program.run("diff", "A", "B", "--policy", "all.yaml")
            #expect(ignoring.status == 2 && ignoring.errors.contains("nothing is compared"), "\(ignoring.errors)")
        }
    }

    /// Each in a place of its own and with other content on both sides: named in every form, and never a pass.
    @Test(arguments: [
        "model.onnx", "unet/diffusion_flax_model.msgpack", "vae/model.h5", "models/ip/image_encoder/model.npz",
        "openvino/openvino_model.bin", ".cache/weights", "unet/diffusion_pytorch_model.fp16.bin",
    ]) func weightsThatAreNotReadLeaveItOpen(file: String) throws {
        try Pair.with { pair in
            for (side, byte) in [("A", UInt8(1)), ("B", 2)] { try pair.unknown("\(side)/\(file)", byte) }
            let text = try pair.program.run("diff", "A", "B", "--html", "page.html")
            #expect(text.status == 2 && text.output.hasPrefix("incomplete: ") && text.output.contains(file))
            let markdown = try pair.program.run("diff", "A", "B", "--markdown")
            #expect(markdown.status == 2 && markdown.output.replacing("\\", with: "").contains(file))
            #expect(try String(contentsOfFile: pair.root + "/page.html", encoding: .utf8).contains(file))
            let json = try pair.program.run("diff", "A", "B", "--json")
            let report = JSONCursor(try JSONValue.parse(json.output, file: "out"), name: "out")
            #expect(try report["verdict"].string() == "incomplete" && !report["passes"].bool())
            #expect(try report["files"][0]["path"].string() == file)
            let digest = try pair.program.run("digest", "A")
            #expect(digest.status == 2 && digest.output.isEmpty && digest.errors.contains(file), "\(digest.errors)")
            let list = try pair.program.run("inspect", "A")
            #expect(list.status == 0 && list.output.contains(file))
            try pair.write("policy.yaml", "files: [{pattern: \"\(file)\", ignore: true}]")
            let ignoring = try pair.program.run("diff", "A", "B", "--policy", "policy.yaml")
            #expect(ignoring.status == 0 && ignoring.output.contains(file), "\(ignoring.output)\(ignoring.errors)")
            #expect(ignoring.output.hasPrefix("same under the policy"))
            #expect(try pair.program.run("digest", "A", "--ignore-file", file).status == 0)
            // The same bytes are the same weights, whatever form they have.
            try pair.unknown("B/\(file)", 1)
            let same = try pair.program.run("diff", "A", "B")
            #expect(same.status == 0 && same.output.contains("the bytes are the same"), "\(same.output)")
        }
    }

    /// Each holds weights that are read, or says how they are used: another content is a difference.
    @Test(arguments: [
        "models/image_encoder/model.safetensors", "learned_embeds.safetensors", "unet/pytorch_lora_weights.safetensors",
        ".hidden/model.safetensors", "checkpoint-500/unet_ema/diffusion_pytorch_model.fp16.safetensors",
    ]) func weightsAtAnyPlaceAreCompared(file: String) throws {
        try Pair.with { pair in
            for (side, value) in [("A", Float(1)), ("B", 2)] { try pair.weights("\(side)/\(file)", value) }
            let result = try pair.program.run("diff", "A", "B")
            #expect(result.status == 1 && result.output.hasPrefix("different: 1 of 2 tensors"), "\(result.output)")
            let digests = try ["A", "B"].map { try pair.program.run("digest", $0).output.prefix(64) }
            #expect(digests[0].count == 64 && digests[0] != digests[1])
        }
    }

    @Test(arguments: [
        ("tokenizer/vocab.json", #"{"a": 0, "b": 1}"#, #"{"a": 0, "c": 1}"#), ("tokenizer/merges.txt", "a b", "a c"),
        ("tokenizer/tokenizer.json", "[1]", "[2]"), ("text/deep/tokenizer/vocab.txt", "a", "b"),
        ("feature_extractor/preprocessor_config.json", #"{"size": 1}"#, #"{"size": 2}"#),
        ("a/b/scheduler/scheduler_config.json", #"{"beta": 1}"#, #"{"beta": 1.0}"#), ("unet/modeling.py", "1", "2"),
    ]) func textsThatDecideAreCompared(file: String, left: String, right: String) throws {
        try Pair.with { pair in
            try pair.write("A/\(file)", left)
            let lone = try pair.program.run("diff", "A", "B")
            #expect(lone.status == 1 && lone.output.contains(file), "\(lone.output)")
            try pair.write("B/\(file)", right)
            let result = try pair.program.run("diff", "A", "B")
            #expect(result.status == 1 && result.output.contains(file), "\(result.output)")
            try pair.write("policy.yaml", "ignore_metadata: [\"\(file)*\"]")
            #expect(try pair.program.run("diff", "A", "B", "--policy", "policy.yaml").status == 0)
            try pair.write("policy.yaml", "ignore_metadata: [other, \"x*\"]")
            #expect(try pair.program.run("diff", "A", "B", "--policy", "policy.yaml").status == 1)
            try pair.write("B/\(file)", left)
            #expect(try pair.program.run("diff", "A", "B").status == 0)
        }
    }

    /// What holds no weights is named, and decides nothing.
    @Test func documentsAndPicturesAreNamed() throws {
        try Pair.with { pair in
            for (side, text) in [("A", "# one"), ("B", "# two")] {
                try pair.write("\(side)/README.md", text)
                try pair.write("\(side)/.gitattributes", text)
                try pair.write("\(side)/samples/step-1.png", [137, 80, 78, 71, 13, 10, 26, 10] + Array(text.utf8))
            }
            let result = try pair.program.run("diff", "A", "B")
            #expect(result.status == 0 && result.output.hasPrefix("identical: "), "\(result.output)")
            for file in ["README.md", ".gitattributes", "samples/step-1.png"] { #expect(result.output.contains(file)) }
        }
    }
}
