/// How sums of rows are shared among blocks of threads (kernels/sums.h): short rows several to a block, long ones a block for
/// each 4,096 terms, whose sums are then added in order.
struct CudaRows {
    /// Shared memory of a block that sums up rows, and of one that adds sums in order.
    static let sharedBytes = (4096 + mostRows * 17) * MemoryLayout<Float>.stride
    static let orderedSharedBytes = 2 * 1024 * MemoryLayout<Float>.stride
    private static let mostRows = 64

    let rows, width: Int
    /// Blocks of 4,096 terms in a row.
    let pieces: Int
    /// Rows of one piece that a block of threads takes.
    let rowsEach: Int

    init(_ rows: Int, width: Int) {
        (self.rows, self.width) = (rows, width)
        pieces = max(1, width.groups(of: 4096))
        rowsEach = max(1, min(CudaRows.mostRows, 4096 / max(1, width)))
    }

    /// Blocks of threads.
    var blocks: Int { pieces == 1 ? rows.groups(of: rowsEach) : rows * pieces }
    /// What the sums of pieces take.
    var partialBytes: Int { pieces == 1 ? 0 : rows * pieces * MemoryLayout<Float>.stride }
}

extension Int {
    /// How many groups of at most `size` it makes.
    func groups(of size: Int) -> Int { (self + size - 1) / size }
}
