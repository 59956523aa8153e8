import Core
import Tables

/// The pictures of a table: bytes of files in its cells.
struct TablePictures: Sendable {
    let table: Table
    /// The columns of the first and of the second picture.
    let columns: [Int]
    let maxPixels: Int

    /// A picture's name in errors: file, column and row.
    func name(_ picture: PairSelection.Picture) -> String {
        let column = columns[picture.side.rawValue]
        return "\(table.place(row: picture.row, column: column)): row \(picture.row)"
    }

    /// The bytes of a picture's file. - Throws: `TableError`; `ImageError` where there is none.
    func bytes(_ picture: PairSelection.Picture) throws -> [UInt8] {
        let value = try table.value(row: picture.row, column: columns[picture.side.rawValue])
        switch value {
        case .bytes(let bytes): return bytes
        case .record:
            if case .bytes(let bytes)? = value["bytes"] { return bytes }
            if case .text(let path)? = value["path"] {
                throw missing(
                    picture, "only the path \"\(VisibleText.of(path))\"",
                    "embed the pictures: `datasets` does so with save_to_disk and to_parquet of loaded images")
            }
        default: break
        }
        throw missing(picture, "no picture", "leave the row out, or ask for unreadable pairs to be dropped")
    }

    private func missing(_ picture: PairSelection.Picture, _ what: String, _ hint: String) -> ImageError {
        ImageError(file: name(picture), format: nil, kind: .corrupt, what: what, hint: hint)
    }

    /// - Throws: `ImageError`.
    func decode(_ bytes: [UInt8], _ picture: PairSelection.Picture) throws -> Image {
        try ImageDecoder.decode(bytes: bytes, file: name(picture), maxPixels: maxPixels)
    }

    /// The same with the samples of the file. - Throws: `ImageError`.
    func decodeStored(_ bytes: [UInt8], _ picture: PairSelection.Picture) throws -> StoredPicture {
        try ImageDecoder.decodeStored(bytes: bytes, file: name(picture), maxPixels: maxPixels)
    }
}
