/// Writes pickles of protocol 2, value by value.
enum PickleSyntax {
    /// A whole pickle that describes one value.
    static func pickle(_ value: [UInt8], protocol version: UInt8 = 2) -> [UInt8] { [0x80, version] + value + [0x2E] }

    static func text(_ text: String) -> [UInt8] { [0x58] + le32(text.utf8.count) + Array(text.utf8) }
    static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
    static func tuple(_ values: [UInt8]...) -> [UInt8] { [0x28] + values.flatMap { $0 } + [0x74] }
    static func list(_ values: [UInt8]...) -> [UInt8] { [0x5D, 0x28] + values.flatMap { $0 } + [0x65] }
    static func call(_ function: [UInt8], _ arguments: [UInt8]...) -> [UInt8] {
        function + [0x28] + arguments.flatMap { $0 } + [0x74, 0x52]
    }
    static func dict(_ items: (String, [UInt8])...) -> [UInt8] {
        [0x7D, 0x28] + items.flatMap { text($0.0) + $0.1 } + [0x75]
    }

    /// An integer, as Python writes it.
    static func integer(_ value: Int) -> [UInt8] {
        if (0...255).contains(value) { return [0x4B, UInt8(value)] }
        if let small = Int32(exactly: value) { return [0x4A] + le32(Int(small)) }
        return [0x8A, 8] + le64(value)
    }

    static func integers(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(integer) + [0x74] }

    static let no: [UInt8] = [0x89]
    static let none: [UInt8] = [0x4E]
    static let orderedDict = call(global("collections", "OrderedDict"))

    /// A storage by its persistent id.
    static func storage(
        _ key: String = "0", _ count: Int, type: [UInt8] = global("torch", "FloatStorage")
    ) -> [UInt8] {
        tuple(text("storage"), type, text(key), text("cpu"), integer(count)) + [0x51]
    }

    /// A tensor as `_rebuild_tensor_v2` makes it.
    static func tensor(_ storage: [UInt8], offset: Int = 0, _ shape: [Int], _ stride: [Int]) -> [UInt8] {
        call(
            global("torch._utils", "_rebuild_tensor_v2"), storage, integer(offset), integers(shape), integers(stride),
            no, orderedDict)
    }
}
