/// What the files of a table share: pages that were decoded last, and where pages lie.
struct ParquetCaches: Sendable {
    /// A leaf in a row group of a file, and one of its pages; -1 is the dictionary.
    struct Key: Hashable, Sendable {
        let file: FileIdentity
        let group: Int
        let leaf: Int
        let page: Int
    }

    let pages: RecentlyUsed<Key, LeafPage>
    let dictionaries = RecentlyUsed<Key, LeafValues>(bytes: 16 << 20) { $0.leaf }
    let lists = RecentlyUsed<Key, ChunkPages>(bytes: 8 << 20)

    /// - Parameter pages: how many bytes of decoded pages are kept, but for large ones.
    init(pages: Int = 48 << 20) { self.pages = RecentlyUsed(bytes: pages) { $0.leaf } }
}
