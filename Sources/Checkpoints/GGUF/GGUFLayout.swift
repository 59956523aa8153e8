import Core

/// How the tensors of a GGUF file follow each other: each begins where the one before it ends, rounded up to the
/// alignment, and so does the first after the header. The last one may lack the filling bytes.
struct GGUFLayout {
    let file: OpenFile
    let alignment: Int
    /// Where the header ends.
    let headerEnd: Int

    /// Where the tensors' bytes begin.
    var dataStart: Int { padded(headerEnd) }

    /// The tensors in the order of their bytes.
    /// - Throws: `CheckpointError` (`truncated`, `offsets`, `trailingBytes`).
    func checked(_ rows: [GGUFHeader.Row]) throws -> [GGUFHeader.Row] {
        let rows = rows.sorted {
            let (left, right) = ($0.range, $1.range)
            if left.lowerBound != right.lowerBound { return left.lowerBound < right.lowerBound }
            if left.upperBound != right.upperBound { return left.upperBound < right.upperBound }
            return utf8Less($0.name, $1.name)
        }
        let size = max(0, file.size - dataStart)
        var (end, filled) = (0, 0)
        var previous = "the header"
        for row in rows {
            guard row.range.upperBound <= size else {
                throw CheckpointError(
                    .truncated, file: file.path, tensor: row.name, offset: file.size, "the file ends within the tensor",
                    expected: "\(row.range.count) bytes from byte \(row.range.lowerBound) of \(size) on",
                    hint: "copy the file again")
            }
            guard row.range.lowerBound == filled else {
                let isOverlap = row.range.lowerBound < end
                throw CheckpointError(
                    .offsets, file: file.path, tensor: row.name, offset: dataStart + row.range.lowerBound,
                    isOverlap ? "overlaps \(previous)" : "a hole after \(previous)", expected: "offset \(filled)",
                    found: "\(row.range.lowerBound)")
            }
            end = row.range.upperBound
            filled = padded(end)
            previous = "tensor \"\(ForeignText.shown(row.name))\""
        }
        guard file.size <= dataStart + filled else {
            throw CheckpointError(
                .trailingBytes, file: file.path, offset: dataStart + filled, "bytes after \(previous)",
                expected: "a file of \(dataStart + filled) bytes", found: "\(file.size)")
        }
        return rows
    }

    /// The next multiple of the alignment. The places are within a file and the alignment fits 32 bits.
    private func padded(_ place: Int) -> Int { (place + alignment - 1) / alignment * alignment }
}
