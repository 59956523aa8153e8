/// A place in a JSON document: typed reading with errors that name the way to the value.
///
///     let config = JSONCursor(try JSONValue.read(path), name: "config", file: path)
///     let channels = try config["block_out_channels"].elements().map { try $0.int() }
///     // config.block_out_channels[1]: expected integer, found string
package struct JSONCursor: Sendable {
    /// The value here; `nil` where the document has none.
    package let value: JSONValue?
    /// The way from the root, as `config.block_out_channels[1]`.
    package let path: String
    /// The file (or another name of the source), for errors; may be empty.
    package let file: String

    /// The root of a document.
    package init(_ value: JSONValue?, name: String, file: String = "") {
        self.value = value
        self.path = name
        self.file = file
    }

    /// The error that this place does not hold what is `expected`.
    package func error(expected: String, found: String? = nil) -> JSONShapeError {
        JSONShapeError(file: file, path: path, expected: expected, found: found ?? value?.kind ?? "nothing")
    }

    // MARK: Moving

    /// The member of an object. A missing member is a cursor without value; `self` must be an object.
    /// - Throws: `JSONShapeError`.
    package subscript(key: String) -> JSONCursor {
        get throws { JSONCursor(try object()[key], name: "\(path).\(key)", file: file) }
    }

    /// An element of a list; without value beyond the end. - Throws: `JSONShapeError` when this is no list.
    package subscript(index: Int) -> JSONCursor {
        get throws {
            let list = try array()
            let element = list.indices.contains(index) ? list[index] : nil
            return JSONCursor(element, name: "\(path)[\(index)]", file: file)
        }
    }

    /// `nil` where the document has nothing or `null`; else the cursor itself.
    package var present: JSONCursor? { value == nil || value == .null ? nil : self }

    /// Cursors at all elements of a list. - Throws: `JSONShapeError`.
    package func elements() throws -> [JSONCursor] {
        try array().enumerated().map { JSONCursor($1, name: "\(path)[\($0)]", file: file) }
    }

    /// Cursors at all members of an object, in byte order of the keys. - Throws: `JSONShapeError`.
    package func members() throws -> [(key: String, value: JSONCursor)] {
        try object().members.map { ($0.key, JSONCursor($0.value, name: "\(path).\($0.key)", file: file)) }
    }

    /// Refuses an object with any other member. - Throws: `JSONShapeError` that names the first unknown key.
    package func requireOnly(_ keys: [String]) throws {
        for key in try object().keys where !keys.contains(where: { utf8Equal($0, key) }) {
            throw error(expected: "only the keys \(keys.joined(separator: ", "))", found: "the key \"\(key)\"")
        }
    }

    // MARK: Reading

    /// The object here. - Throws: `JSONShapeError`.
    package func object() throws -> JSONObject {
        guard case .object(let object)? = value else { throw error(expected: "object") }
        return object
    }

    /// The list here. - Throws: `JSONShapeError`.
    package func array() throws -> [JSONValue] {
        guard case .array(let array)? = value else { throw error(expected: "array") }
        return array
    }

    /// The text here. - Throws: `JSONShapeError`.
    package func string() throws -> String {
        guard case .string(let text)? = value else { throw error(expected: "string") }
        return text
    }

    /// The truth value here. - Throws: `JSONShapeError`.
    package func bool() throws -> Bool {
        guard case .bool(let flag)? = value else { throw error(expected: "boolean") }
        return flag
    }

    /// The integer here. - Throws: `JSONShapeError`, also when it does not fit 64 bits.
    package func int64() throws -> Int64 {
        guard case .number(let number)? = value, number.isInteger else { throw error(expected: "integer") }
        guard let result = number.int64 else { throw error(expected: "integer of 64 bits", found: number.canonical) }
        return result
    }

    /// The integer here. - Throws: `JSONShapeError`, also when it does not fit.
    package func int() throws -> Int { Int(try int64()) }

    /// A number of things, of which many can be added: 0 to 2^40. - Throws: `JSONShapeError`.
    package func count() throws -> Int {
        let count = try int()
        guard (0...1 << 40).contains(count) else { throw error(expected: "a count from 0 to 2^40", found: "\(count)") }
        return count
    }

    /// The integer from 0 here. - Throws: `JSONShapeError`, also when it is negative or does not fit 64 bits.
    package func uint64() throws -> UInt64 {
        guard case .number(let number)? = value, number.isInteger else { throw error(expected: "integer") }
        guard let result = number.uint64 else {
            throw error(expected: "integer from 0 to 2^64 - 1", found: number.canonical)
        }
        return result
    }

    /// The number here, rounded to the nearest finite Double. - Throws: `JSONShapeError`.
    package func double() throws -> Double {
        guard case .number(let number)? = value else { throw error(expected: "number") }
        guard number.double.isFinite else { throw error(expected: "finite number", found: number.text) }
        return number.double
    }

    /// The number here as `JSONValue.decimal` writes it, infinities and NaN among them. - Throws: `JSONShapeError`.
    package func decimal() throws -> Double {
        if case .string(let text)? = value, ["inf", "-inf", "nan"].contains(text), let number = Double(text) {
            return number
        }
        return try double()
    }

    /// The digest here: 64 lower-case hexadecimal digits. - Throws: `JSONShapeError`.
    package func digest() throws -> Digest {
        let text = try string()
        guard let result = Digest(hex: text) else {
            throw error(expected: "digest of 64 lower-case hexadecimal digits", found: "\"\(text)\"")
        }
        return result
    }

    /// The bit pattern here, "0x" and 8 digits for `UInt32`, 16 for `UInt64`. - Throws: `JSONShapeError`.
    package func bits<Bits: FixedWidthInteger & UnsignedInteger>(as type: Bits.Type) throws -> Bits {
        let text = try string()
        guard let result = HexFloat.bits(text, as: type) else {
            throw error(expected: "0x and \(Bits.bitWidth / 4) lower-case hexadecimal digits", found: "\"\(text)\"")
        }
        return result
    }

    /// The Float whose bit pattern stands here. - Throws: `JSONShapeError`.
    package func floatBits() throws -> Float { Float(bitPattern: try bits(as: UInt32.self)) }

    /// The Double whose bit pattern stands here. - Throws: `JSONShapeError`.
    package func doubleBits() throws -> Double { Double(bitPattern: try bits(as: UInt64.self)) }
}
