import CCuda

/// How the way back of an attention is cut on a device `cuda`. Any cut gives the same bits.
struct CudaAttentionPlan: Equatable {
    /// Heads of all items, and what one has.
    let heads, queries, keys: Int
    /// Blocks of a head that own queries, or keys.
    let queryTiles, keyTiles: Int
    /// Into how many parts the queries are cut for dk and dv: one for each chunk where the tiles of keys alone would leave
    /// multiprocessors idle, as with the few keys of a caption.
    var parts: Int
    /// Of how many heads at once dS is kept for dq; 0: dS is computed a second time instead, which takes no memory, and no
    /// more time where all blocks run at once.
    var headsAtOnce: Int
    /// Numbers of k.
    private let keyCount: Int

    /// The most that dS of some heads may take: four heads of 4,096 tokens, which keep a large device busy.
    static let mostDSBytes = 256 << 20
    /// Queries of a part.
    static let chunk = Int(CU_ATTENTION_STEP)

    init(_ attention: Attention, multiprocessors: Int) {
        let tile = Int(CU_ATTENTION_TILE)
        heads = attention.q.shape[0] * attention.heads
        queries = attention.q.shape[1]
        keys = attention.k.shape[1]
        queryTiles = (queries + tile - 1) / tile
        keyTiles = (keys + tile - 1) / tile
        keyCount = attention.k.count
        // Two blocks fit on a multiprocessor.
        let atOnce = 2 * multiprocessors
        parts = keyTiles * heads < atOnce ? (queries + Self.chunk - 1) / Self.chunk : 1
        headsAtOnce = 0
        if (keyTiles * parts + queryTiles) * heads > atOnce, headBytes > 0 {
            let most = min(heads, Self.mostDSBytes / headBytes)
            // As many heads in every turn.
            if most > 0 { headsAtOnce = (heads + (heads + most - 1) / most - 1) / ((heads + most - 1) / most) }
        }
    }

    /// Numbers between the rows of dS.
    var dsRow: Int { (queries + 3) / 4 * 4 }
    /// Bytes of one head's dS.
    private var headBytes: Int { keys * dsRow * 4 }
    /// Bytes of dS of the heads at once.
    var dsBytes: Int { headsAtOnce * headBytes }
    /// Bytes of D and 1 / l of all queries.
    var rowBytes: Int { 2 * heads * queries * 4 }
    /// Bytes of what the chunks of queries add to dk and dv.
    var partBytes: Int { parts > 1 ? parts * 2 * keyCount * 4 : 0 }
    /// Bytes beside the operands.
    var workBytes: Int { rowBytes + partBytes + dsBytes }
}
