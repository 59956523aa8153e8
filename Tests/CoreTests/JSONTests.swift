import Core
import SeededRandom
import Testing

@Suite struct JSONTests {
    @Test func canonicalFormSortsByBytesAndDropsSpace() throws {
        let source = #" { "b" : [1, 2.50, -0, 1e2] , "a\u00e9" : "\u0041\n\ud83d\ude00\/" , "A" : null, "ab": true } "#
        let expected = #"{"A":null,"ab":true,"aé":"A\n😀/","b":[1,2.5,0,100]}"#
        #expect(try JSONValue.parse(source, file: "t").canonical == expected)
        #expect(try JSONValue.parse(expected, file: "t").canonical == expected)
    }

    /// Expected texts by Python 3.11 `json.dumps` for Doubles where it prints no exponent, else by ECMAScript's layout.
    @Test(arguments: [
        ("0", "0"), ("-0", "0"), ("-0.0e5", "0"), ("1.0", "1"), ("100", "100"), ("1e2", "100"), ("1.50", "1.5"),
        ("0.0001", "0.0001"), ("1e-4", "0.0001"), ("0.000001", "0.000001"), ("0.0000001", "1e-7"),
        ("123.456e1", "1234.56"), ("1e20", "100000000000000000000"), ("1e21", "1e+21"), ("-12e30", "-1.2e+31"),
        ("9223372036854775807", "9223372036854775807"), ("18446744073709551615", "18446744073709551615"),
        ("12345678901234567890123", "1.2345678901234567890123e+22"), ("10e-1", "1"), ("-25.0E-0001", "-2.5"),
    ])
    func numbersHaveOneForm(source: String, expected: String) throws {
        let value = try JSONValue.parse(source, file: "t")
        #expect(value.canonical == expected)
        #expect(try JSONValue.parse(expected, file: "t") == value)
        #expect(try JSONValue.parse(expected, file: "t").canonical == expected)
    }

    @Test func integersAndDoublesAreExact() throws {
        let cursor = JSONCursor(
            try .parse("[9223372036854775807, -9223372036854775808, 0.1, 1.0]", file: "t"), name: "x")
        #expect(try cursor[0].int64() == .max)
        #expect(try cursor[1].int64() == .min)
        #expect(try cursor[2].double() == 0.1)
        #expect(try cursor[3].int() == 1)
    }

    @Test(arguments: [
        ("", 0, "the end"), ("{\"a\":1,}", 7, "key"), ("[1,]", 3, "value"), ("[1 2]", 3, "','"),
        ("01", 1, "leading zero"),
        ("-", 1, "digit"), ("1.", 2, "digit"), ("1e", 2, "digit"), ("1e99999", 2, "exponent"), ("+1", 0, "value"),
        ("tru", 0, "true"), ("nul1", 0, "null"), ("\"a", 0, "without end"), ("\"\t\"", 1, "control"),
        (#""\x""#, 1, "escape"), (#""\u12g4""#, 1, "hexadecimal"), (#""\ud800""#, 1, "surrogate"),
        (#""\udc00\ud800""#, 1, "surrogate"), (#""\ud800A""#, 1, "surrogate"), ("1 1", 2, "after the document"),
        (#"{"a":1,"b":2,"a":3}"#, 13, "duplicate"), (#"{"\u0061":1,"a":3}"#, 12, "duplicate"),
        ("NaN", 0, "value"), ("'a'", 0, "value"), ("\u{FEFF}1", 0, "value"), ("{1:2}", 1, "key"), ("\"\\", 1, "escape"),
    ])
    func faultsNameTheirPlace(source: String, offset: Int, word: String) throws {
        let error = try #require(throws: JSONSyntaxError.self) { try JSONValue.parse(source, file: "t.json") }
        #expect(error.offset == offset)
        #expect(error.reason.contains(word), "\(error)")
    }

    /// What Python's `json` writes and JSON has not, where it is asked for; elsewhere it stays a fault.
    @Test func infinitiesAreReadWhereTheyAreAllowed() throws {
        let text = #"{"a": -Infinity, "b": [Infinity, NaN, -1], "c": "Infinity"}"#
        let value = try JSONValue.parse(Array(text.utf8), file: "t", nonFinite: true)
        #expect(value.canonical == #"{"a":"-inf","b":["inf","nan",-1],"c":"Infinity"}"#)
        #expect(try JSONCursor(value, name: "x")["a"].decimal() == -.infinity)
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(text, file: "t") }
        for fault in ["-Infinite", "Infinit", "Nan", "-NaN", "-I", "-", "+Infinity"] {
            #expect(throws: JSONSyntaxError.self) {
                try JSONValue.parse(Array(fault.utf8), file: "t", nonFinite: true)
            }
        }
    }

    @Test func faultsNameLineAndColumn() throws {
        let error = try #require(throws: JSONSyntaxError.self) {
            try JSONValue.parse("{\n  \"a\": 1,\n  x\n}", file: "f.json")
        }
        #expect(error.description == "f.json:3:3: expected a key in quotes, found 'x' (byte 14)")
    }

    @Test func invalidUTF8IsRefused() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
        ] {
            #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(bytes, file: "t") }
        }
    }

    @Test func nestingHasALimit() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONValue.parse(nested(128), file: "t") }
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(nested(129), file: "t") }
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(nested(1_000_000), file: "t") }
    }

    @Test func canonicallyEquivalentTextsStayApart() throws {
        let value = try JSONValue.parse(#"{"\u00e9":1,"e\u0301":2}"#, file: "t")
        guard case .object(let object) = value else { throw JSONCursor(value, name: "t").error(expected: "object") }
        #expect(object.count == 2)
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
        #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
    }

    @Test func prettyFormHasTheSameCanonicalForm() throws {
        let value: JSONValue = ["b": [1, [], [:], ["x": .null]], "a": "q\"\\\u{1}\u{7f}", "c": [:]]
        #expect(try JSONValue.parse(value.pretty, file: "t") == value)
        #expect(
            value.pretty == """
                {
                  "a": "q\\"\\\\\\u0001\u{7f}",
                  "b": [
                    1,
                    [],
                    {},
                    {
                      "x": null
                    }
                  ],
                  "c": {}
                }

                """)
    }

    /// Random bytes changed, inserted and cut: the parser throws or returns, and what it returns has a stable form.
    @Test func damagedDocumentsNeverCrash() throws {
        let source = Array(
            #"{"a":[1,-2.5e-3,true,false,null,"x\u00e9\ud83d\ude00\n"],"b":{"c":{},"d":[[]]},"é":""}"#.utf8)
        var random = SplitMix(state: 42)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = source
            for _ in 0...(random.next() % 3) {
                let place = Int(random.next() % UInt64(max(bytes.count, 1)))
                switch random.next() % 3 {
                case 0 where !bytes.isEmpty: bytes[place] ^= 1 << (random.next() % 8)
                case 1: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                default: bytes.removeSubrange(min(place, bytes.count)...)
                }
            }
            guard let value = try? JSONValue.parse(bytes, file: "fuzz") else { continue }
            accepted += 1
            #expect(try JSONValue.parse(value.canonicalBytes, file: "again").canonicalBytes == value.canonicalBytes)
        }
        #expect(accepted > 100)
    }
}
