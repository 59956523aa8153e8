/// A number of bytes as people read it: `17.4 GiB`, `812 MiB`.
public struct MemorySize: Sendable, Equatable, CustomStringConvertible {
    /// The number.
    public let bytes: Int

    /// A number of bytes.
    public init(_ bytes: Int) { self.bytes = bytes }

    /// Three digits or so.
    public var description: String {
        if bytes == 0 { return "0" }
        if bytes < 1 << 20 { return "\(max(1, bytes >> 10)) KiB" }
        if bytes < 1 << 30 { return "\(bytes >> 20) MiB" }
        let tenths = (bytes + (1 << 30) / 20) / ((1 << 30) / 10)
        return "\(tenths / 10).\(tenths % 10) GiB"
    }
}
