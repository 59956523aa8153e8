import Core
import Testing

@testable import Checkpoints

/// What lies where weights are expected is named, in the readers of checkpoints and in the trainer's.
struct ForeignFileTests {
    static let pointer = """
        version https://git-lfs.github.com/spec/v1
        oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
        size 1342

        """

    static let files: [(start: [UInt8], name: String)] = [
        ([], "an empty file"), (Array(pointer.utf8), "a Git LFS pointer"),
        (Array("version http://git-media.io/v/2\noid sha256:00\nsize 1\n".utf8), "a Git LFS pointer"),
        (Array("/annex/objects/SHA256E-s1048576--abc.safetensors\n".utf8), "a git-annex pointer"),
        (Array("<!DOCTYPE html>\n<html class=\"\"><head>".utf8), "an HTML page"),
        ([0xEF, 0xBB, 0xBF] + Array("\r\n <HTML lang=en>größe".utf8), "an HTML page"),
        (Array("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>".utf8), "an XML text"),
        (Array(#"{"error":"Repository not found"}"#.utf8), "a JSON text"),
        (Array(#" [{"größe": 1}]"#.utf8), "a JSON text"),
        (Array("Entry not found".utf8), "a text, \"Entry not found\""),
        ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "a gzip file"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4], "an xz file"),
        ([0x28, 0xB5, 0x2F, 0xFD, 4, 0, 1, 0, 0], "a zstd file"), (Array("BZh91AY&SY".utf8) + [0, 1], "a bzip2 file"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "a 7z archive"),
        (
            [UInt8](repeating: 0, count: 257) + Array("ustar\u{0}00".utf8) + [UInt8](repeating: 0, count: 248),
            "a tar archive"
        ),
        ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0], "an HDF5 file, as Keras and TensorFlow write it"),
        ([8, 8, 0x12, 7] + Array("pytorch".utf8), "an ONNX model"), ([8, 10, 0x3A, 5, 1, 2, 3], "an ONNX model"),
        ([0x82, 0xA6] + Array("params".utf8) + [0x81, 0xA1, 0x77], "a MessagePack file, as Flax writes it"),
        ([0xDE, 0, 20, 0xD9, 40] + Array("down_blocks".utf8), "a MessagePack file, as Flax writes it"),
        ([0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0], "a .npy file of NumPy"),
        (Array("tjgg".utf8) + [3, 0, 0, 0, 1], "a GGML file from before GGUF"),
        ([UInt8](repeating: 0, count: 600), "a file that begins with 512 zero bytes"),
    ]

    @Test(arguments: files) func itIsNamed(file: (start: [UInt8], name: String)) {
        for open in [
            { _ = try Checkpoint(file: OpenFile(path: "w", bytes: file.start)) },
            { _ = try Checkpoint(safetensors: OpenFile(path: "w", bytes: file.start)) },
        ] {
            let error = checkpointError(open)
            #expect(
                error?.kind == .foreign && error?.problem == file.name + ", no weights",
                "\(file.name): \(error?.description ?? "")")
        }
    }

    @Test func theHintSaysWhatToDo() {
        let error = checkpointError {
            _ = try Checkpoint(safetensors: OpenFile(path: "w", bytes: Array(Self.pointer.utf8)))
        }
        #expect(
            error?.description
                == "w: at byte 0: a Git LFS pointer, no weights (git lfs pull fetches the file that it stands for)")
    }

    /// What is no training state and no latents, and is read as a model.
    @Test(arguments: [
        ("torch-list.pt", "a ZIP archive, as PyTorch writes it"), ("python.gguf", "a GGUF file"),
        ("torch-old.pt", "a pickle, as PyTorch wrote it before 1.6"),
    ]) func otherFormatsAreNamed(file: String, name: String) {
        let error = checkpointError { _ = try Checkpoint(safetensors: fixtures + "/" + file) }
        #expect(error?.problem == name + ", no weights" || error?.problem == name, "\(error?.description ?? "")")
        #expect(error?.hint?.contains("smpo convert IN OUT.safetensors") == true)
    }

    @Test func configurationsAndIndexesAreNamedToo() throws {
        let scratch = try ScratchFolder()
        for name in ["config.json", "model.safetensors.index.json"] {
            let path = try scratch.write(name, Self.pointer)
            let error = checkpointError { _ = try ModelDirectory.readObject(path) }
            #expect(error?.kind == .foreign && error?.problem == "a Git LFS pointer, no JSON and no vocabulary")
        }
        let page = try scratch.write("page.json", "<!doctype html><title>502</title>")
        #expect(
            checkpointError { _ = try ModelDirectory.readObject(page) }?.problem
                == "an HTML page, no JSON and no vocabulary")
    }

    /// Bytes of weights are none of these, wherever they begin.
    @Test func soundFilesAreNotForeign() throws {
        for name in ["python.safetensors", "torch-types.pt", "python.gguf"] {
            _ = try Checkpoint(file: OpenFile(path: fixtures + "/" + name))
        }
    }
}
