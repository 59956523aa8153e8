/// The formats of checkpoint files, told apart by what is certain of each.
enum CheckpointFormat {
    case safetensors, torchArchive, torchStream, gguf

    /// The format of a file; what is none of the others is taken for safetensors, whose reader says what is wrong.
    ///
    /// A safetensors file begins with a number, which may be any other format's magic: a header of 19,280 bytes begins
    /// with "PK", one of 128 as a pickle does, one of 67,324,752 as a whole ZIP entry. But after the number there is
    /// always `{`, and no other format has that after a number so small: in a ZIP entry it would be a method of
    /// compression that does not exist, in a pickle it is no opcode and cannot be where a text is.
    /// - Throws: `CheckpointError` (`unreadable`, `truncated`).
    static func of(_ file: OpenFile) throws -> CheckpointFormat {
        let start = try file.bytes(0..<min(9, file.size))
        if isSafetensors(start) { return .safetensors }
        if start.starts(with: "GGUF".utf8) || start.starts(with: "FUGG".utf8) { return .gguf }
        if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) { return .torchArchive }
        if start.count > 1, start[0] == 0x80, (2...5).contains(start[1]) { return .torchStream }
        return .safetensors
    }

    /// Whether a file that begins so can be a safetensors file: a length within its bounds, then the header's `{`.
    static func isSafetensors(_ start: [UInt8]) -> Bool {
        guard start.count >= 9, start[8] == UInt8(ascii: "{") else { return false }
        return (2...UInt64(SafetensorsHeader.lengthLimit)).contains(start.u64(0))
    }
}

extension Checkpoint {
    /// A file, of the format that its bytes are of. Of a GGUF file in parts, any part opens all of them.
    /// - Throws: `CheckpointError`.
    init(file: OpenFile) throws {
        switch try CheckpointFormat.of(file) {
        case .safetensors: try self.init(safetensors: file)
        case .torchArchive, .torchStream: try self.init(torch: file)
        case .gguf: try self.init(gguf: file)
        }
    }
}
