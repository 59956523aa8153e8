/// Builds GGUF files, sound ones and, where a test asks for it, others.
struct GGUFFile {
    struct Tensor {
        var name: String
        /// Innermost first, as in the file.
        var extents: [Int]
        var type = 0
        var offset: Int
        var data: [UInt8] = []
    }

    var magic: [UInt8] = Array("GGUF".utf8)
    var version = 3
    /// Key, number of the type, bytes of the value.
    var values: [(String, Int, [UInt8])] = []
    var tensors: [Tensor] = []
    var valueCount: Int?
    var tensorCount: Int?
    var alignment = 32

    static func text(_ text: String) -> [UInt8] { le64(text.utf8.count) + Array(text.utf8) }
    /// The bytes of an array.
    static func array(_ type: Int, _ elements: [[UInt8]]) -> [UInt8] {
        le32(type) + le64(elements.count) + elements.flatMap { $0 }
    }

    /// The file's bytes.
    func built() -> [UInt8] {
        var file = magic + le32(version) + le64(tensorCount ?? tensors.count) + le64(valueCount ?? values.count)
        for (key, type, bytes) in values { file += Self.text(key) + le32(type) + bytes }
        for tensor in tensors {
            file += Self.text(tensor.name) + le32(tensor.extents.count) + tensor.extents.flatMap(le64)
            file += le32(tensor.type) + le64(tensor.offset)
        }
        for tensor in tensors {
            while file.count % alignment != 0 { file.append(0) }
            file += tensor.data
        }
        return file
    }
}
