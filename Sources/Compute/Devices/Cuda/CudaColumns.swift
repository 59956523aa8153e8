import Core

/// How sums of columns are shared among blocks of threads: a chain for each chunk of 256 rows of a sample.
struct CudaColumns {
    static let sharedBytes = 8192 * MemoryLayout<Float>.stride

    let samples, rows, width: Int
    /// Chunks of a sample's rows, and tiles of 32 columns.
    let chunks, tiles: Int

    init(samples: Int, rows: Int, width: Int) {
        (self.samples, self.rows, self.width) = (samples, rows, width)
        (chunks, tiles) = (rows.groups(of: Contract.ref1.chunk), width.groups(of: 32))
    }

    /// Chains of a column.
    var units: Int { samples * chunks }
    var blocks: Int { units * tiles }
    /// What the chains of all columns take, of each of several sums.
    var partsBytes: Int { units * width * MemoryLayout<Float>.stride }
    /// The same where the only chain of a column goes into its sum at once, and takes no room.
    func partsBytes(chains: Int) -> Int { chains == 1 ? 0 : partsBytes }
}
