import Checkpoints
import Compute
import Core
import Foundation
import Testing

@testable import Diffusion

/// What a `model_index.json` says of a model's folder: files that diffusers wrote (`Fixtures/model_index/make.py`), and
/// changes of them.
@Suite struct PipelineIndexTests {
    private static let indices = JSONCursor(
        try! JSONValue.read(
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/model_index/indices.json")
                .path
        ), name: "indices")

    /// An index that diffusers wrote, with members put into it; those that are nil are taken out.
    private static func index(_ name: String, _ changes: [(String, JSONValue?)] = []) throws -> JSONValue {
        .object(
            changes.reduce(try indices[name].object()) { ConfigSupport.changed($0, $1.0, $1.1) })
    }

    /// The members that make an index of `sd` that of a model over pictures.
    private static let withoutAutoencoder: [(String, JSONValue?)] = [("vae", [.null, .null])]

    /// A model's folder without weights; they are not opened here.
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "index-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let writer = FolderWriter(folder)
        for part in try PipelineTests.model("shapes").parts {
            try part.component.writeConfiguration(into: writer, part.kind.folder, storing: .f32)
        }
        try body(folder)
    }

    /// What opening the folder with an index fails with; nil where it opens.
    private static func failure(
        _ folder: String, _ index: JSONValue?, as layout: PipelineLayout = .diffusion
    ) throws -> CheckpointError? {
        let file = "\(folder)/model_index.json"
        try index.map { try AtomicFile.write($0.pretty, to: file) } ?? FileContents.remove([file])
        do {
            let opened = try Pipeline(layout, folder: folder, shapes: ShapeDevice())
            let names = ["unet", "text_encoder", "tokenizer"] + (opened["vae"] == nil ? [] : ["vae"]) + ["scheduler"]
            #expect(opened.parts.map(\.kind.name) == names)
            return nil
        } catch let error as CheckpointError {
            // No digest holds the file: what it refuses is no damage to a run's inputs.
            #expect(error.kind == .layout && error.file == file, "\(error)")
            return error
        }
    }

    @Test(arguments: ["sd", "sd, DDIM", "sd, 0.6"])
    func aPipelineOfStableDiffusionOpens(name: String) throws {
        try Self.withFolder { folder in
            #expect(try Self.failure(folder, nil) == nil)
            #expect(try Self.failure(folder, Self.index(name, Self.withoutAutoencoder)) == nil)
            // Latents leave an autoencoder alone, whether its folder is there or not; pictures need none.
            let whole = try Self.index(name)
            #expect(try Self.failure(folder, whole, as: .latentDiffusion) == nil)
            // Named and not there: latents may still be made elsewhere.
            #expect(try Self.failure(folder, whole)?.description.contains("data.kind: latents") == true)
            try FileContents.makeFolder("\(folder)/vae")
            #expect(try Self.failure(folder, whole, as: .latentDiffusion) == nil)
            // There, but not the one of this UNet, which denoises pictures.
            try AtomicFile.write(AutoencoderTests.sd15, to: "\(folder)/vae/config.json")
            let misfit = ConfigSupport.fault {
                _ = try Pipeline(.diffusion, folder: folder, shapes: ShapeDevice())
            }
            #expect(misfit?.key == "latent_channels", "\(misfit.map { "\($0)" } ?? "none")")
            let fitting = AutoencoderTests.sd15.replacing("\"latent_channels\": 4", with: "\"latent_channels\": 3")
            try AtomicFile.write(fitting, to: "\(folder)/vae/config.json")
            #expect(try Self.failure(folder, whole) == nil)
        }
    }

    /// The index changes no number: what stands for the model is the same with and without.
    @Test func digestsAndFilesDoNotDependOnIt() throws {
        try Self.withFolder { folder in
            func digests() throws -> [String: Digest] {
                try Pipeline(.diffusion, folder: folder, shapes: ShapeDevice()).configurationDigests
            }
            let before = try digests()
            try AtomicFile.write(Self.index("sd", Self.withoutAutoencoder).pretty, to: "\(folder)/model_index.json")
            #expect(try digests() == before)
        }
    }

    @Test(arguments: [
        ("controlnet", "controlnet is not supported", "ControlNetModel"),
        ("video", "unet is of a class that is not supported, expected UNet2DConditionModel", "UNet3DConditionModel"),
        ("t5", "text_encoder is of a class that is not supported, expected CLIPTextModel or", "T5EncoderModel"),
        ("unconditional", "unet is of a class that is not supported", "UNet2DModel"),
        ("sd, LCM", "scheduler is of a class that is not supported, expected DDIMScheduler or", "LCMScheduler"),
    ])
    func otherPipelinesAreRefused(name: String, words: String, found: String) throws {
        try Self.withFolder { folder in
            let error = try #require(try Self.failure(folder, Self.index(name), as: .latentDiffusion))
            #expect(error.description.contains(words), "\(error)")
            #expect(error.found?.contains(found) == true, "\(error)")
        }
    }

    @Test func whatIsNamedIsThereAndWhatIsThereIsNamed() throws {
        func failure(_ folder: String, _ member: String, _ value: JSONValue?) throws -> String {
            try Self.failure(folder, Self.index("sd", Self.withoutAutoencoder + [(member, value)]))?.description
                ?? "none"
        }
        try Self.withFolder { folder in
            for nothing in [nil, [.null, .null], "a setting"] as [JSONValue?] {
                #expect(try failure(folder, "tokenizer", nothing).contains("tokenizer is not named"))
            }
            for torn in [["diffusers"], [.null, "UNet2DConditionModel"], ["diffusers", 1], []] as [JSONValue] {
                #expect(try failure(folder, "unet", torn).contains("unet is no component"))
                #expect(try failure(folder, "more", torn).contains("more is no component"))
            }
            #expect(try failure(folder, "unet", ["my_network", "UNet2DConditionModel"]).contains("of a class"))
            #expect(try failure(folder, "unet", ["diffusers", "FlaxUNet2DConditionModel"]) == "none")
            #expect(try failure(folder, "safety_checker", ["my_module", "Checker"]) == "none")
            #expect(try failure(folder, "_name_or_path", ["a", "b"]) == "none")
            #expect(try failure(folder, "requires_safety_checker", true) == "none")
            try FileManager.default.removeItem(atPath: "\(folder)/text_encoder")
            #expect(
                try failure(folder, "vae", [.null, .null]).contains(
                    "text_encoder is named, but not there, expected a folder \(folder)/text_encoder"))
        }
    }

    @Test func aFileThatIsNoIndexIsRefused() throws {
        try Self.withFolder { folder in
            let file = "\(folder)/model_index.json"
            func kind() -> CheckpointError.Kind? {
                do { _ = try Pipeline(.diffusion, folder: folder, shapes: ShapeDevice()) } catch {
                    return (error as? CheckpointError)?.kind
                }
                return nil
            }
            for text in ["", "[]", "{\"unet\": "] {
                try AtomicFile.write(text, to: file)
                #expect(kind() == .headerSyntax, "\(text)")
            }
            // A link to a file that was not downloaded.
            try FileContents.remove([file])
            try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "\(folder)/blobs/1")
            #expect(kind() == .unreadable)
        }
    }
}
