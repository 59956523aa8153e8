import Testing

@testable import Checkpoints

/// Every rule of the archive around torch's pickles, broken one at a time.
struct ZipErrorTests {
    static let pickle = PickleSyntax.pickle(PickleSyntax.dict(("a", PickleSyntax.integer(1))))

    func open(_ bytes: [UInt8]) throws -> Checkpoint { try Checkpoint(torch: OpenFile(path: "x.pt", bytes: bytes)) }

    func fault(_ bytes: [UInt8]) -> CheckpointError? { checkpointError { _ = try open(bytes) } }

    func fault(_ change: (inout StoredZip) -> Void) -> CheckpointError? {
        var zip = StoredZip.torch(Self.pickle, storages: [[1, 2, 3, 4]])
        change(&zip)
        return fault(zip.built())
    }

    @Test func soundArchivesAreRead() throws {
        var zip = StoredZip.torch(Self.pickle, storages: [[1, 2, 3, 4]])
        #expect(try open(zip.built()).metadata.first?.value == "1")
        zip.isWide = true
        #expect(try open(zip.built()).metadata.first?.value == "1")
        // A comment that looks like another end of the archive.
        zip.comment = [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 30)
        #expect(try open(zip.built()).metadata.first?.value == "1")
        zip.comment = []
        zip.entries[0].extra = [0x46, 0x42, 2, 0, 9, 9, 0, 0]
        zip.add("archive/", [])
        #expect(try open(zip.built()).metadata.first?.value == "1")
        zip.entries[0].checksum = CRC32.checksum(Self.pickle)
        #expect(try open(zip.built()).metadata.first?.value == "1")
    }

    /// What the pickle does not name is not passed over.
    @Test func entriesThatThePickleDoesNotName() throws {
        var zip = StoredZip.torch(Self.pickle, storages: [[1, 2, 3, 4], [5, 6]])
        zip.add("archive/extra/note.txt", [7])
        zip.add("other", [8, 9])
        zip.add("archive/.data/serialization_id", [0])
        let checkpoint = try open(zip.built())
        let unread = checkpoint.tensors.map { "\($0.name) \($0.shape)" }
        #expect(unread == ["data/0 [4]", "data/1 [2]", "extra/note.txt [1]", "other [2]"])
        #expect(try allBytes(#require(checkpoint["data/1"])) == [5, 6])
    }

    @Test func checksums() {
        #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        let error = fault { $0.entries[0].checksum = 1 }
        #expect(error?.problem == "the pickle does not have the archive's CRC-32")
    }

    @Test func otherFiles() {
        #expect(fault([])?.problem == "an empty file, no weights")
        #expect(fault([1, 2, 3])?.problem == "no ZIP archive, as torch.save writes it since PyTorch 1.6")
        #expect(fault([0x50, 0x4B, 3])?.kind == .container)
        #expect(fault([0x80, 2, 0x4B, 1, 0x2E])?.problem == "a bare pickle, no torch file")
        let tar = [UInt8](repeating: 0, count: 257) + Array("ustar".utf8) + [UInt8](repeating: 0, count: 250)
        #expect(fault(tar)?.problem == "a tar archive, no weights")
        #expect(fault(tar)?.hint == "unpack it; PyTorch before 0.1.10 saved such files, too")
        var arrays = StoredZip()
        arrays.add("w.npy", [1])
        arrays.add("b.npy", [2])
        #expect(fault(arrays.built())?.problem == "a .npz file of NumPy, no weights")
        #expect(fault { $0.entries[0].name = "data.pkl" }?.expected == "one FOLDER/data.pkl")
        #expect(fault { $0.add("other/data.pkl", Self.pickle) }?.found == "2")
        #expect(fault { $0.entries[1].bytes = Array("big".utf8) }?.problem == "the numbers are not little-endian")
        #expect(fault { $0.entries[3].bytes = Array("11\n".utf8) }?.problem == "unknown version of the archive")
        #expect(fault { $0.add("archive/code/a.py", []) }?.problem == "a TorchScript archive, which holds code")
    }

    @Test func compressedAndEncryptedEntries() {
        let deflated = fault { $0.entries[2].method = 8 }
        #expect(deflated?.kind == .container)
        #expect(
            deflated?.description.hasSuffix(
                ": entry \"archive/data/0\" is compressed, expected method 0 (stored), found 8 "
                    + "(load it with torch.load and save it again with torch.save, which does not compress)") == true)
        #expect(fault { $0.entries[2].flags = 1 }?.problem == "entry \"archive/data/0\" is encrypted")
    }

    @Test func overlapsAndDuplicates() {
        let overlap = fault {
            $0.entries[2].header = 0
            $0.entries[2].localName = "archive/data/0"
        }
        // Two directory entries for one header have one name in it; the other one does not.
        #expect(overlap?.problem == "entry \"archive/data/0\" has another name in its local header")
        let twice = fault { $0.add("archive/data/0", [5, 6, 7, 8]) }
        #expect(twice?.problem == "two entries have one name" && twice?.found == "\"archive/data/0\"")
        // An entry within another one's bytes.
        var inner = StoredZip()
        inner.add("archive/data/1", [1, 2])
        let hidden = fault {
            $0.entries[2].bytes = inner.built()
            $0.entries.insert(StoredZip.Entry(name: "archive/data/1", bytes: [1, 2]), at: 3)
            $0.entries[3].header = 30 + 16 + Self.pickle.count + 30 + 17 + 6 + 30 + 14
        }
        #expect(hidden?.problem == "entry \"archive/data/1\" overlaps entry \"archive/data/0\"")
    }

    @Test func numbers() {
        let large = fault { $0.entries[2].size = 0x7FFF_FFFF }
        #expect(large?.problem == "entry \"archive/data/0\" lies outside of the archive")
        let wide = fault {
            $0.isWide = true
            $0.entries[2].size = Int.min
        }
        #expect(wide?.problem == "entry \"archive/data/0\" has damaged ZIP64 fields")
        let far = fault {
            $0.isWide = true
            $0.entries[2].header = Int.max
        }
        #expect(far?.problem == "entry \"archive/data/0\" lies outside of the archive")
        let local = fault { $0.entries[2].localSize = 5 }
        #expect(local?.problem == "entry \"archive/data/0\" has another size in its local header")
        let streamed = fault {
            $0.entries[2].flags = 8
            $0.entries[2].localSize = 0
        }
        #expect(streamed == nil)
        #expect(fault { $0.entries[2].name = "archive/\0" }?.problem == "an entry's name is not text")
    }

    @Test func theEnd() {
        let sound = StoredZip.torch(Self.pickle, storages: [[1, 2, 3, 4]]).built()
        #expect(fault(sound + [0])?.problem == "the end of the ZIP archive is missing")
        #expect(fault(Array(sound.dropLast()))?.kind == .truncated)
        #expect(fault([0] + sound)?.kind == .container)
        func patched(_ fromEnd: Int, _ bytes: [UInt8], of file: [UInt8]) -> CheckpointError? {
            var file = file
            file.replaceSubrange((file.count - fromEnd)..<(file.count - fromEnd + bytes.count), with: bytes)
            return fault(file)
        }
        #expect(patched(18, [1], of: sound)?.problem == "the archive is spread over several files")
        #expect(patched(12, [9, 0, 9, 0], of: sound)?.problem.contains("the archive") == true)
        #expect(patched(10, [0xFF], of: sound)?.problem == "the archive's directory does not reach to its end")
        #expect(patched(6, [0xFF], of: sound)?.problem == "the archive's directory does not reach to its end")
        #expect(patched(14, [1, 0, 1, 0], of: sound)?.problem == "bytes after the last entry of the directory")
        #expect(patched(14, [5, 0, 5, 0], of: sound)?.problem == "no entry of the archive's directory")
        #expect(
            patched(14, [0, 9, 0, 9], of: sound)?.problem == "the directory is too small for 2304 entries")
        var zip = StoredZip.torch(Self.pickle, storages: [[1, 2, 3, 4]])
        zip.isWide = true
        let wide = zip.built()
        let extremes = [le64(.min), le64(.max), le64(-1), le64(0), le64(1 << 32)]
        // Every number of the ZIP64 record and its locator.
        for place in [94, 74, 66, 58, 50, 34] {
            for extreme in extremes { #expect(patched(place, extreme, of: wide)?.kind == .container, "\(place)") }
        }
    }

    @Test func everyTruncationIsRefused() {
        let sound = StoredZip.torch(Self.pickle, storages: [[1, 2, 3, 4]]).built()
        for count in sound.indices { #expect(fault(Array(sound.prefix(count))) != nil, "\(count) bytes") }
    }
}
