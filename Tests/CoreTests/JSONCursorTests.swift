import Core
import Testing

@Suite struct JSONCursorTests {
    private let config = JSONCursor(
        ["block_out_channels": [32, "64"], "eps": "0x358637bd", "name": "unet", "none": .null, "flag": true],
        name: "config", file: "config.json")

    @Test func errorsNameTheWay() throws {
        let error = try #require(throws: JSONShapeError.self) { try config["block_out_channels"][1].int() }
        #expect(error.description == "config.json: config.block_out_channels[1]: expected integer, found string")
        let missing = try #require(throws: JSONShapeError.self) { try config["absent"].string() }
        #expect(missing.description == "config.json: config.absent: expected string, found nothing")
        let beyond = try #require(throws: JSONShapeError.self) { try config["block_out_channels"][2].int() }
        #expect(beyond.path == "config.block_out_channels[2]")
        #expect(throws: JSONShapeError.self) { try config["name"]["x"] }
    }

    @Test func valuesAreRead() throws {
        #expect(try config["block_out_channels"][0].int() == 32)
        #expect(try config["eps"].floatBits() == 1e-6)
        #expect(try config["name"].string() == "unet")
        #expect(try config["flag"].bool())
        #expect(try config["none"].present?.path == nil)
        #expect(try config["absent"].present?.path == nil)
        #expect(try config["name"].present?.path == "config.name")
    }

    @Test func unknownKeysAreNamed() throws {
        let error = try #require(throws: JSONShapeError.self) {
            try config.requireOnly(["block_out_channels", "eps", "flag", "none"])
        }
        #expect(error.found == "the key \"name\"")
    }

    @Test func numbersThatDoNotFitAreRefused() throws {
        let cursor = JSONCursor(try .parse("[9223372036854775808, 1.5, -1, 1e999]", file: "t"), name: "x")
        #expect(throws: JSONShapeError.self) { try cursor[0].int64() }
        #expect(try cursor[0].uint64() == 9_223_372_036_854_775_808)
        #expect(throws: JSONShapeError.self) { try cursor[1].int64() }
        #expect(throws: JSONShapeError.self) { try cursor[2].uint64() }
        #expect(throws: JSONShapeError.self) { try cursor[3].double() }
    }

    @Test func hexFloatsRoundTrip() {
        #expect(HexFloat.string(Float(1)) == "0x3f800000")
        #expect(HexFloat.string(-0.0) == "0x8000000000000000")
        for bits: UInt32 in [0, 1, 0x8000_0000, 0x7fc0_0001, 0x7f80_0000, 0xffff_ffff, 0x3f80_0000] {
            #expect(HexFloat.float(HexFloat.string(bits: bits))?.bitPattern == bits)
        }
        for text in ["0x3F800000", "3f800000", "0x3f80000", "0x3f8000000", "0X3f800000", "0x3f80000g", ""] {
            #expect(HexFloat.float(text) == nil, "\(text)")
        }
        #expect(HexFloat.double("0x3ff0000000000000") == 1)
    }
}
