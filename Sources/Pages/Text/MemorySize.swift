/// A number of bytes as people read it: `17.4 GiB`, `812 MiB`.
package struct MemorySize: Sendable, Equatable, CustomStringConvertible {
    /// The number.
    package let bytes: Int

    /// A number of bytes.
    package init(_ bytes: Int) { self.bytes = bytes }

    /// Three digits or so.
    package var description: String {
        if bytes == 0 { return "0" }
        if bytes < 1 << 20 { return "\(max(1, bytes >> 10)) KiB" }
        if bytes < 1 << 30 { return "\(bytes >> 20) MiB" }
        let tenths = (bytes + (1 << 30) / 20) / ((1 << 30) / 10)
        return "\(tenths / 10).\(tenths % 10) GiB"
    }
}
