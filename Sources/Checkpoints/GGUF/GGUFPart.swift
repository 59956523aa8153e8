import Core

/// Which part of a split GGUF file one is: `model-00001-of-00003.gguf`, with `split.no`, `split.count` and
/// `split.tensors.count` in its header, as llama.cpp's gguf-split and Python's gguf write them.
struct GGUFPart {
    /// More parts cannot be numbered with five digits.
    static let countLimit = 99_999

    /// From 0 on.
    let number: Int
    let count: Int
    /// Tensors of all parts together.
    let tensorCount: Int
    /// Path up to the number, and up to it without folders.
    private let stem: String
    private let stemName: String

    /// What header and name say together; `nil` for a file that is whole.
    /// - Throws: `CheckpointError` (`shard`) where they do not agree: a part alone is never the whole.
    init?(_ header: GGUFHeader, file: String) throws {
        func value(_ key: String) -> Int? {
            guard let text = header.metadata.first(where: { utf8Equal($0.key, key) })?.value else { return nil }
            let words = text.split(separator: " ")
            // Whichever integer it is; a text is in quotes.
            guard words.count == 2, words[0].hasPrefix("int") || words[0].hasPrefix("uint") else { return nil }
            return Int(words[1])
        }
        let named = Self.numbers(file)
        let count = value("split.count") ?? 0
        guard count > 1 else {
            guard let named, named.count > 1 else { return nil }
            throw CheckpointError(
                .shard, file: file, "the name is that of a part, and the header that of a whole file",
                expected: "split.count \(named.count)", found: value("split.count").map { "\($0)" } ?? "none",
                hint: "rename the file, if it is whole")
        }
        guard count <= Self.countLimit, let number = value("split.no"), (0..<count).contains(number),
            let tensorCount = value("split.tensors.count"), tensorCount >= 0
        else {
            throw CheckpointError(
                .shard, file: file, "the header does not say which part of \(count) it is",
                expected: "split.no from 0 on, split.count and split.tensors.count")
        }
        guard let named, named.number == number + 1, named.count == count else {
            throw CheckpointError(
                .shard, file: file, "part \(number + 1) of \(count), without the others",
                expected: "a name that ends with \(Self.ending(number, count))",
                hint: "the parts are found by their names; give them back the names that they were made with")
        }
        self.number = number
        self.count = count
        self.tensorCount = tensorCount
        stem = String(decoding: file.utf8.dropLast(Self.ending(number, count).utf8.count), as: UTF8.self)
        stemName = String(stem.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
    }

    /// Path of a part.
    func path(of number: Int) -> String { stem + Self.ending(number, count) }
    /// The same without folders.
    func name(of number: Int) -> String { stemName + Self.ending(number, count) }

    /// Whether another part, found by its name, says the same of the whole.
    func isSameModel(as other: GGUFPart) -> Bool { other.count == count && other.tensorCount == tensorCount }

    /// The metadata of a file without what tells of splitting.
    static func withoutSplit(_ metadata: [(key: String, value: String)]) -> [(key: String, value: String)] {
        metadata.filter { text in
            !["split.no", "split.count", "split.tensors.count"].contains { utf8Equal($0, text.key) }
        }
    }

    /// Number, from 1 on, and count that a name ends with: `-00001-of-00003.gguf`.
    static func numbers(_ name: String) -> (number: Int, count: Int)? {
        let bytes = Array(name.utf8.suffix(20))
        guard bytes.count == 20, bytes.suffix(5).elementsEqual(".gguf".utf8), bytes[0] == UInt8(ascii: "-"),
            bytes[6..<10].elementsEqual("-of-".utf8), let number = digits(bytes[1..<6]),
            let count = digits(bytes[10..<15])
        else { return nil }
        return (number, count)
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }

    private static func ending(_ number: Int, _ count: Int) -> String {
        "-\(PaddedNumber.text(number + 1, digits: 5))-of-\(PaddedNumber.text(count, digits: 5)).gguf"
    }
}
