import CTableCodecs

/// A Parquet file as a part of a table: rows are read by number, and only the pages that hold them.
struct ParquetFile: TablePart {
    let file: TableFile
    let footer: ParquetFooter
    let columns: [TableColumn]
    private let caches: ParquetCaches

    /// Reads the footer. - Throws: `TableError`.
    init(_ file: TableFile, _ caches: ParquetCaches) throws {
        self.file = file
        self.caches = caches
        footer = try ParquetFooter(file)
        columns = footer.schema.fields.map { TableColumn(name: $0.name, type: $0.type) }
    }

    var rowCount: Int { footer.rowCount }
    var identities: [FileIdentity] { [file.identity] }

    func place(of column: Int, row: Int) -> TablePlace {
        TablePlace(file: file.path, column: columns[column].name, rowGroup: group(of: row))
    }

    /// The row group that holds a row.
    private func group(of row: Int) -> Int {
        var (low, high) = (0, footer.rowGroups.count)
        // The last group that begins at or before the row; empty ones before it begin there as well.
        while high - low > 1 {
            let middle = (low + high) / 2
            if footer.rowGroups[middle].firstRow <= row { low = middle } else { high = middle }
        }
        return low
    }

    func values(of column: Int, in rows: Range<Int>) throws -> [TableValue] {
        let field = footer.schema.fields[column]
        if let name = field.type.unsupported {
            throw TablePlace(file: file.path, column: field.name).error(
                .unsupported, "a column of the type \(name)", hint: "leave the column out, or cast it before writing")
        }
        var values: [TableValue] = []
        values.reserveCapacity(rows.count)
        var row = rows.lowerBound
        while row < rows.upperBound {
            let number = group(of: row)
            let group = footer.rowGroups[number]
            let end = min(rows.upperBound, group.firstRow + group.rowCount)
            let local = row - group.firstRow..<end - group.firstRow
            var readers = field.leaves.map { LeafReader(chunk: chunk(number, $0), row: local.lowerBound) }
            for _ in local {
                for index in readers.indices { try readers[index].advance() }
                values.append(
                    try RecordAssembly.value(field, readers.map { $0.entries }, base: field.leaves.lowerBound))
            }
            row = end
        }
        return values
    }

    private func chunk(_ group: Int, _ leaf: Int) -> ChunkReader {
        ChunkReader(file: file, footer: footer, caches: caches, group: group, leafNumber: leaf)
    }
}
