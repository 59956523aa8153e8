import Core
import Testing

@testable import Checkpoints

/// What is left unread as harmless is that beyond doubt: by its whole name, by ending and first bytes together.
@Suite struct FileNatureTests {
    private static let unknown = [UInt8](repeating: 8, count: 2000)

    private func nature(_ name: String, _ bytes: [UInt8]) -> String {
        "\(FileNature(name: name, head: Array(bytes.prefix(FileNature.headSize)), size: bytes.count))"
    }

    @Test(arguments: [
        "license_plate_labels.txt", "license_plate_model.py", "notice_vocab.txt", "changelog.py", "readme.py",
        "license.csv", "chat_template.html", "chat_template.jinja", "system_prompt.md", "prompt.rst", "train.log",
        "x.htm", "notice", "LICENSES.txt", "readme.", "a.svg", "noticeboard.md",
    ]) func aTextThatIsNoDocumentIsCompared(name: String) {
        #expect(nature(name, Array("some text\n".utf8)) == (name == "notice" ? "harmless(\"a document\")" : "text"))
    }

    @Test(arguments: [
        "README", "README.md", "readme.txt", "LICENSE", "License.rst", "LICENCE.html", "NOTICE.txt", "COPYING",
        "CHANGELOG.md", "CITATION.cff", "LICENSE-MIT", "model_card.md", ".gitattributes",
    ]) func documentsAreNotRead(name: String) {
        #expect(nature(name, Array("some text\n".utf8)) == "harmless(\"a document\")")
    }

    @Test func documentsOfOtherNaturesAreNone() {
        #expect(nature("readme.json", Array("{}".utf8)) == "json")
        #expect(nature("README.md", Self.unknown).hasPrefix("binary"))
    }

    /// Full marks and the ending, or it is what else it may be.
    @Test(
        arguments: [
            ("png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), ("gif", Array("GIF87a".utf8)),
            ("gif", Array("GIF89a".utf8)), ("jpg", [0xFF, 0xD8, 0xFF, 0xE0]), ("jpeg", [0xFF, 0xD8, 0xFF, 0xDB]),
            ("JPG", [0xFF, 0xD8, 0xFF, 0xEE]), ("webp", Array("RIFF0123WEBP".utf8)), ("pdf", Array("%PDF-1".utf8)),
            ("pdf", Array("%PDF-2".utf8)),
        ] as [(String, [UInt8])]) func picturesNeedMarkAndEnding(ending: String, mark: [UInt8])
    {
        #expect(nature("a." + ending, mark + Self.unknown).hasPrefix("harmless"))
        for other in ["dat", "vocab", "model", ""] {
            #expect(nature("a." + other, mark + Self.unknown).hasPrefix("binary"), "\(other)")
        }
        var short = mark
        short[mark.count - 1] = 1
        #expect(nature("a." + ending, short + Self.unknown).hasPrefix("binary"))
    }

    @Test func textsThatBeginAsPicturesAreTexts() {
        for text in ["GIF8 a\n", "GIF89a b\n", "%PDF-a b\n"] {
            #expect(nature("vocab.txt", Array(text.utf8)) == "text")
        }
    }

    @Test func logsOfTrainings() {
        #expect(nature("events.out.tfevents.17.host.1.0", Self.unknown).hasPrefix("harmless"))
        #expect(nature("my_tfevents.dat", Self.unknown).hasPrefix("binary"))
    }

    @Test(arguments: [
        (".cache/huggingface/download/unet/model.safetensors.metadata", true), (".cache/huggingface/.gitignore", true),
        ("a/.cache/huggingface/download/x.lock", true), (".cache/huggingface/CACHEDIR.TAG", true),
        (".cache/huggingface/trees/01.json", true), (".cache/huggingface/download/vocab.txt", false),
        (".cache/huggingface/prompt.jinja", false), ("x.cache/huggingface/download/x.metadata", false),
        (".cache/huggingface/x.metadata", false), (".cache/huggingface/download/config.json", false),
    ]) func notesOfTheHubsClient(path: String, isNote: Bool) throws {
        let folder = try ScratchFolder()
        let place = folder.path + "/file"
        try AtomicFile.write(Array("{}".utf8), to: place)
        let name = String(path.split(separator: "/").last!)
        let file = try InventoriedFile(name: name, path: path, place: place)
        #expect("\(file.nature)".hasPrefix("harmless") == isNote, "\(file.nature)")
    }

    @Test(arguments: [("unet/__pycache__/a.cpython-312.pyc", true), ("unet/model.pyc", false)]) func compiledPython(
        path: String, isHarmless: Bool
    ) throws {
        let folder = try ScratchFolder()
        let place = folder.path + "/file"
        try AtomicFile.write([0xCB, 0x0D, 0x0D, 0x0A] + Self.unknown, to: place)
        let file = try InventoriedFile(name: String(path.split(separator: "/").last!), path: path, place: place)
        #expect("\(file.nature)".hasPrefix("harmless") == isHarmless, "\(file.nature)")
    }
}
