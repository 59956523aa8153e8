/// Rows of Float32 numbers as bytes, bit by bit: the length of each as UInt32, then its numbers.
enum NumberRows {
    static func bytes(_ rows: [[Float]]) -> [UInt8] {
        rows.flatMap { row in
            ([UInt32(row.count)] + row.map(\.bitPattern)).withUnsafeBytes { Array($0) }
        }
    }

    static func rows(_ bytes: [UInt8]) -> [[Float]] {
        let words = bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
        }
        var (rows, at) = ([[Float]](), 0)
        while at < words.count {
            let end = at + 1 + Int(words[at])
            rows.append(words[at + 1..<end].map { Float(bitPattern: $0) })
            at = end
        }
        return rows
    }
}
