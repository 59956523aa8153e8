@testable import Checkpoints

/// Builds ZIP archives of stored entries, sound ones and, where a test asks for it, others.
struct StoredZip {
    /// One entry; what is `nil` is what belongs there.
    struct Entry {
        var name: String
        var bytes: [UInt8]
        var method = 0
        var flags = 0
        var checksum: UInt32 = 0
        var localName: String?
        var localSize: Int?
        var size: Int?
        var header: Int?
        var extra: [UInt8] = []
    }

    var entries: [Entry] = []
    /// Whether the end has a ZIP64 record, and the entries' sizes and places stand in ZIP64 fields.
    var isWide = false
    var comment: [UInt8] = []

    mutating func add(_ name: String, _ bytes: [UInt8]) { entries.append(Entry(name: name, bytes: bytes)) }

    /// The archive's bytes.
    func built() -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let header = file.count
            let size = entry.bytes.count
            let local = Array((entry.localName ?? entry.name).utf8)
            file += [0x50, 0x4B, 3, 4] + le16(45) + le16(entry.flags) + le16(entry.method) + le32(0)
            file += le32(Int(entry.checksum)) + le32(entry.localSize ?? size) + le32(entry.localSize ?? size)
            file += le16(local.count) + le16(0) + local + entry.bytes
            let listed = entry.size ?? size
            let place = entry.header ?? header
            var extra = entry.extra
            if isWide { extra = le16(1) + le16(24) + le64(listed) + le64(listed) + le64(place) + extra }
            let name = Array(entry.name.utf8)
            directory += [0x50, 0x4B, 1, 2] + le16(45) + le16(45) + le16(entry.flags) + le16(entry.method) + le32(0)
            directory += le32(Int(entry.checksum)) + le32(isWide ? 0xFFFF_FFFF : listed)
            directory += le32(isWide ? 0xFFFF_FFFF : listed)
            directory += le16(name.count) + le16(extra.count) + le16(0) + le16(0) + le16(0) + le32(0)
            directory += le32(isWide ? 0xFFFF_FFFF : place) + name + extra
        }
        let start = file.count
        file += directory
        if isWide {
            let record = file.count
            file += [0x50, 0x4B, 6, 6] + le64(44) + le16(45) + le16(45) + le32(0) + le32(0)
            file += le64(entries.count) + le64(entries.count) + le64(directory.count) + le64(start)
            file += [0x50, 0x4B, 6, 7] + le32(0) + le64(record) + le32(1)
        }
        file += [0x50, 0x4B, 5, 6] + le16(0) + le16(0)
        file += le16(isWide ? 0xFFFF : entries.count) + le16(isWide ? 0xFFFF : entries.count)
        file += le32(isWide ? 0xFFFF_FFFF : directory.count) + le32(isWide ? 0xFFFF_FFFF : start)
        return file + le16(comment.count) + comment
    }

    /// The archive that torch.save would write around a pickle; the storages are named by their places.
    static func torch(_ pickle: [UInt8], storages: [[UInt8]] = []) -> StoredZip {
        var zip = StoredZip()
        zip.add("archive/data.pkl", pickle)
        zip.add("archive/byteorder", Array("little".utf8))
        for (index, storage) in storages.enumerated() { zip.add("archive/data/\(index)", storage) }
        zip.add("archive/version", Array("3\n".utf8))
        return zip
    }
}

/// The lowest two bytes of a number, the lower one first.
func le16(_ value: Int) -> [UInt8] { Array(le64(value).prefix(2)) }
/// The lowest four bytes.
func le32(_ value: Int) -> [UInt8] { Array(le64(value).prefix(4)) }
/// All eight bytes.
func le64(_ value: Int) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
