import Testing

@testable import Reports

@Suite struct TensorBoardTests {
    /// The check value of the catalogue of CRCs, and those of RFC 3720, B.4.
    @Test func checksums() {
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.of([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.of(Array(0..<32)) == 0x46dd_794e)
    }

    /// Encodings of the documentation of protocol buffers: 150 and "testing".
    @Test func messages() {
        #expect(ProtocolBuffer.integer(1, 150) == [0x08, 0x96, 0x01])
        #expect(
            ProtocolBuffer.bytes(2, Array("testing".utf8)) == [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
        #expect(ProtocolBuffer.float(2, 1) == [0x15, 0, 0, 0x80, 0x3f])
        #expect(ProtocolBuffer.double(1, -2) == [0x09, 0, 0, 0, 0, 0, 0, 0, 0xc0])
    }
}
