/// Reads the opcodes of a pickle and the arguments that stand after them.
struct PickleCursor {
    /// The whole pickle.
    let bytes: [UInt8]
    /// The file that it is in, and where, for messages.
    let file: String
    let base: Int
    private(set) var position = 0
    /// Where the opcode began that is being read.
    private(set) var start = 0

    init(bytes: [UInt8], file: String, base: Int) {
        (self.bytes, self.file, self.base) = (bytes, file, base)
    }

    /// Bytes not yet read.
    var remaining: Int { bytes.count - position }

    /// The next opcode, known or refused by name.
    mutating func opcode() throws -> PickleOpcode {
        start = position
        let byte = try u8()
        guard let opcode = PickleOpcode(rawValue: byte) else {
            throw fault("there is no such pickle opcode", found: "0x" + String(byte, radix: 16))
        }
        return opcode
    }

    mutating func u8() throws -> UInt8 { bytes[try take(1).lowerBound] }
    mutating func u16() throws -> Int { bytes.u16(try take(2).lowerBound) }
    mutating func u32() throws -> Int { bytes.u32(try take(4).lowerBound) }
    mutating func i32() throws -> Int {
        Int(Int32(bitPattern: bytes.littleEndian(try take(4).lowerBound, UInt32.self)))
    }
    mutating func u64() throws -> UInt64 { bytes.u64(try take(8).lowerBound) }
    /// Eight bytes of a float, highest first.
    mutating func double() throws -> Double { Double(bitPattern: try u64().byteSwapped) }

    /// A length of eight bytes, which the rest of the pickle can hold.
    mutating func length() throws -> Int {
        let value = try u64()
        guard let count = Int(exactly: value), count <= remaining else { throw truncated(wanted: "\(value)") }
        return count
    }

    /// So many bytes.
    mutating func run(_ count: Int) throws -> PickleBytes {
        let range = try take(count)
        return PickleBytes(start: UInt32(range.lowerBound), count: UInt32(count))
    }

    /// So many bytes, which are UTF-8.
    mutating func text(_ count: Int) throws -> PickleBytes {
        let run = try run(count)
        guard String(validating: bytes[run.range], as: UTF8.self) != nil else {
            throw fault("a text that is not UTF-8", found: ForeignText.shown(bytes[run.range]))
        }
        return run
    }

    /// The bytes up to the next line feed, which is passed.
    mutating func line() throws -> PickleBytes {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw truncated(wanted: "1") }
        let run = try run(end - position)
        position += 1
        return run
    }

    /// The text of a run that was checked to be UTF-8.
    func string(_ run: PickleBytes) -> String { String(decoding: bytes[run.range], as: UTF8.self) }

    /// An error at the opcode that is being read.
    func fault(
        _ problem: String, expected: String? = nil, found: String? = nil, hint: String? = nil
    ) -> CheckpointError {
        fault(.container, problem, expected: expected, found: found, hint: hint)
    }

    /// The same of another kind.
    func fault(
        _ kind: CheckpointError.Kind, _ problem: String, expected: String? = nil, found: String? = nil,
        hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            kind, file: file, offset: base + start, problem, expected: expected, found: found, hint: hint)
    }

    /// The error that a pickle names what would have to be run.
    func namesCode(_ name: String) -> CheckpointError {
        fault(
            .code, "names code: \(name)",
            hint: "nothing of it was run; save a dict of tensors and plain values, or convert to safetensors")
    }

    private mutating func take(_ count: Int) throws -> Range<Int> {
        guard count <= remaining else { throw truncated(wanted: "\(count)") }
        position += count
        return (position - count)..<position
    }

    private func truncated(wanted: String) -> CheckpointError {
        CheckpointError(
            .truncated, file: file, offset: base + position, "the pickle ends here", expected: "\(wanted) more bytes",
            found: "\(remaining)")
    }
}
