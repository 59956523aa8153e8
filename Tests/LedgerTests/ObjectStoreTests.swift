import Core
import Foundation
import Ledger
import Testing

@Suite struct ObjectStoreTests {
    @Test func contentsAreKeptOnce() throws {
        try Sample.withFolder { folder in
            let store = ObjectStore(folder: folder + "/objects")
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let digest = try store.put(bytes)
            #expect(digest == Digest.of(.object, bytes))
            #expect(store.path(of: digest) == "\(folder)/objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))")
            #expect(try store.get(digest) == bytes)
            #expect(store.size(digest) == bytes.count)
            try store.verify(digest)
            let changed =
                try FileManager.default.attributesOfItem(atPath: store.path(of: digest))[.systemFileNumber] as? Int
            #expect(try store.put(bytes) == digest)
            let again =
                try FileManager.default.attributesOfItem(atPath: store.path(of: digest))[.systemFileNumber] as? Int
            #expect(changed == again)
            let empty = try store.put([UInt8]())
            #expect(try store.get(empty) == [])
        }
    }

    @Test func filesAreTakenIn() throws {
        try Sample.withFolder { folder in
            let store = ObjectStore(folder: folder + "/objects")
            try AtomicFile.write("contents", to: folder + "/file")
            let digest = try store.put(file: folder + "/file")
            #expect(digest == Digest.of(.object, "contents"))
            #expect(try store.get(digest) == Array("contents".utf8))
        }
    }

    /// What arrives in pieces is stored under the digest of the whole, once, and mended where it was damaged.
    @Test func piecesBecomeOneObject() throws {
        struct Stop: Error {}
        try Sample.withFolder { folder in
            let store = ObjectStore(folder: folder + "/objects")
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            func put() throws -> Digest {
                try store.put { append in
                    for start in stride(from: 0, to: bytes.count, by: 99_991) {
                        try bytes[start..<min(bytes.count, start + 99_991)].withUnsafeBytes { try append($0) }
                    }
                }
            }
            func number(_ digest: Digest) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: store.path(of: digest))[.systemFileNumber] as? Int
            }
            let digest = try put()
            #expect(digest == Digest.of(.object, bytes))
            #expect(try store.get(digest) == bytes)
            let first = try number(digest)
            #expect(try put() == digest)
            #expect(try store.put(bytes) == digest)
            #expect(try number(digest) == first)
            try AtomicFile.write("damaged", to: store.path(of: digest))
            #expect(try put() == digest)
            #expect(try store.get(digest) == bytes)
            #expect(throws: Stop.self) {
                try store.put { append in
                    try bytes.withUnsafeBytes { try append($0) }
                    throw Stop()
                }
            }
            // Nothing but the object is left.
            let left = try FileManager.default.subpathsOfDirectory(atPath: folder + "/objects").sorted()
            let hex = digest.hex
            #expect(left == ["\(hex.prefix(2))", "\(hex.prefix(2))/\(hex.dropFirst(2))"])
        }
    }

    @Test func damageIsFoundAndRepairedByPuttingAgain() throws {
        try Sample.withFolder { folder in
            let store = ObjectStore(folder: folder + "/objects")
            let bytes = Array("some latent".utf8)
            let digest = try store.put(bytes)
            try AtomicFile.write("some lateny", to: store.path(of: digest))
            let error = try #require(throws: TamperError.self) { try store.get(digest) }
            #expect(error.expected == digest.hex)
            #expect(error.found == Digest.of(.object, "some lateny").hex)
            #expect(throws: TamperError.self) { try store.verify(digest) }
            try store.put(bytes)
            #expect(try store.get(digest) == bytes)
        }
    }

    @Test func missingObjectsAreNamed() throws {
        try Sample.withFolder { folder in
            let store = ObjectStore(folder: folder + "/objects")
            let digest = Digest.of(.object, "x")
            #expect(throws: MissingObject.self) { try store.get(digest) }
            #expect(!store.has(digest))
            #expect(store.size(digest) == nil)
        }
    }
}
