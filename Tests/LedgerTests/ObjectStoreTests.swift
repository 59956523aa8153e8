import Digests
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
