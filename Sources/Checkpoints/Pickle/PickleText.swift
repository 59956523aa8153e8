import Core

/// Values of a pickle as text. Every kind has its own unmistakable form: texts are quoted as in JSON, a float has a point
/// or an exponent, a list has brackets and a tuple parentheses, numbers of numpy and objects have the name of their class.
struct PickleText {
    let cursor: PickleCursor
    let heap: PickleHeap

    /// The text of a value that holds no others.
    func leaf(_ value: PickleValue) -> String {
        switch value {
        case .none: "None"
        case .bool(let bool): bool ? "True" : "False"
        case .integer(let integer): "\(integer)"
        case .unsigned(let integer): "\(integer)"
        case .long(let run): Self.decimal(Array(cursor.bytes[run.range]))
        case .float(let float): "\(float)"
        case .number(let type, let bits): "numpy.\(type.name)(\(type.text(bits) ?? ""))"
        case .text(let run): JSONValue.string(cursor.string(run)).canonical
        case .bytes(let run): Self.summary(Array(cursor.bytes[run.range]))
        case .latin(let run): latin(run)
        case .byteArray(let run, let isLatin):
            "bytearray " + (isLatin ? latin(run) : Self.summary(Array(cursor.bytes[run.range])))
        case .device(let place): device(heap.containers[place])
        case .global(let global): global.name
        case .unknown(let place): name(place)
        case .numpyType(let type): "numpy.dtype(\(type.name))"
        case .tuple, .list, .set, .frozenSet, .dict, .size, .object, .array, .storage, .tensor: value.kind
        }
    }

    /// Module and name of a class or function. Protocol 2 has some as Python 2 named them; they are the same.
    func name(_ place: Int) -> String {
        let (module, name) = heap.names[place]
        let text = cursor.string(module) + "." + cursor.string(name)
        if let renamed = Self.renamed[text] { return renamed }
        for (old, new) in [("__builtin__.", "builtins."), ("copy_reg.", "copyreg.")] where text.hasPrefix(old) {
            return new + text.dropFirst(old.count)
        }
        return text
    }

    private static let renamed = [
        "__builtin__.long": "builtins.int", "__builtin__.unicode": "builtins.str",
        "__builtin__.xrange": "builtins.range",
    ]

    /// The class of an object, as text.
    func callee(_ object: PickleHeap.ObjectRecord) -> String { leaf(object.callee) }

    private func latin(_ run: PickleBytes) -> String {
        // A text with other characters is no bytes; then its UTF-8 stands for it.
        Self.summary(PickleMachine.latin(cursor.string(run)) ?? Array(cursor.bytes[run.range]))
    }

    private func device(_ arguments: [PickleValue]) -> String {
        guard case .text(let run)? = arguments.first else { return "torch.device" }
        let kind = ForeignText.shown(cursor.string(run))
        guard arguments.count > 1, case .integer(let index) = arguments[1] else { return "torch.device(\(kind))" }
        return "torch.device(\(kind):\(index))"
    }

    /// Bytes by their number and SHA-256.
    static func summary(_ bytes: [UInt8]) -> String {
        "[\(bytes.count) bytes, sha256 \(Digest.sha256(bytes).hex)]"
    }

    /// An integer in two's complement, lowest byte first, few of them.
    static func decimal(_ bytes: [UInt8]) -> String {
        let isNegative = (bytes.last ?? 0) >= 0x80
        var magnitude = bytes
        if isNegative {
            var carry = true
            for index in magnitude.indices {
                let sum = (~magnitude[index]).addingReportingOverflow(carry ? 1 : 0)
                (magnitude[index], carry) = (sum.partialValue, sum.overflow)
            }
        }
        var digits: [UInt8] = []
        while let last = magnitude.last {
            if last == 0 {
                magnitude.removeLast()
                continue
            }
            var rest = 0
            for index in magnitude.indices.reversed() {
                let value = rest << 8 | Int(magnitude[index])
                (magnitude[index], rest) = (UInt8(value / 10), value % 10)
            }
            digits.append(UInt8(ascii: "0") + UInt8(rest))
        }
        if digits.isEmpty { return "0" }
        return (isNegative ? "-" : "") + String(decoding: digits.reversed(), as: UTF8.self)
    }
}
