/// One file in a ZIP archive.
struct ZipEntry {
    /// Its name, with folders.
    let name: String
    /// How it is compressed; 0: not at all.
    let method: Int
    /// CRC-32 of its bytes; torch writes 0 where it was told not to compute it.
    let checksum: UInt32
    /// Place of its local header.
    let header: Int
    /// Place of its bytes in the file, as they are stored.
    let range: Range<Int>
}
