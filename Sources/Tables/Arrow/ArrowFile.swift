/// A file that holds an Arrow IPC stream, as a part of a table: rows are read by number, and only their bytes
/// (Message.fbs; "IPC Streaming Format" in Arrow's columnar format). Of a file of the random access format, which Feather is
/// as well, the footer says where the batches lie.
struct ArrowFile: TablePart {
    let file: TableFile
    let schema: ArrowSchema
    let columns: [TableColumn]
    let rowCount: Int
    let batches: [ArrowBatch]
    /// The first row of each batch.
    private let firstRows: [Int]
    /// All batches of dictionaries, in the order of the stream.
    let dictionaryBatches: [ArrowBatch]
    let buffers: ArrowBuffers

    var identities: [FileIdentity] { [file.identity] }

    /// Goes through the metadata of all messages, not through their bodies. - Throws: `TableError`.
    init(_ file: TableFile, _ buffers: ArrowBuffers = ArrowBuffers()) throws {
        (self.file, self.buffers) = (file, buffers)
        var reader = MessageReader(file: file)
        try reader.readAll()
        guard let schema = reader.schema else { throw file.place.error(.metadata, "an Arrow stream without schema") }
        self.schema = schema
        columns = schema.fields.map { TableColumn(name: $0.name, type: $0.type) }
        batches = reader.batches
        dictionaryBatches = reader.dictionaryBatches
        var rows = 0
        var firstRows: [Int] = []
        for (number, batch) in batches.enumerated() {
            for field in schema.fields where batch.nodes[field.node].length != batch.rowCount {
                throw TablePlace(file: file.path, column: field.name, rowGroup: number).error(
                    .mismatch, "values of a column", expected: "\(batch.rowCount), the rows of its batch",
                    found: "\(batch.nodes[field.node].length)")
            }
            firstRows.append(rows)
            rows += batch.rowCount
            guard rows <= TableLimits.rows else { throw file.place.error(.limit, "rows", found: "\(rows)") }
        }
        self.firstRows = firstRows
        rowCount = rows
    }

    private func batch(of row: Int) -> Int {
        var (low, high) = (0, firstRows.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if firstRows[middle] <= row { low = middle } else { high = middle }
        }
        return low
    }

    func place(of column: Int, row: Int) -> TablePlace {
        TablePlace(file: file.path, column: columns[column].name, rowGroup: batch(of: row))
    }

    func values(of column: Int, in rows: Range<Int>) throws -> [TableValue] {
        var values: [TableValue] = []
        var row = rows.lowerBound
        while row < rows.upperBound {
            let number = batch(of: row)
            let batch = batches[number]
            let end = min(rows.upperBound, firstRows[number] + batch.rowCount)
            let place = TablePlace(file: file.path, column: columns[column].name, rowGroup: number)
            let reader = ArrowReader(file: self, batch: batch, place: place)
            values += try reader.values(schema.fields[column], row - firstRows[number]..<end - firstRows[number])
            row = end
        }
        return values
    }
}
