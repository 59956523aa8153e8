import Digests

/// Plain values of a pickle as text, as Python prints them; floats with the fewest digits that give them back.
struct PickleText {
    let cursor: PickleCursor
    let heap: PickleHeap

    /// The text of a value that is neither container nor tensor.
    func text(_ value: PickleValue) -> String {
        switch value {
        case .none: "None"
        case .bool(let bool): bool ? "True" : "False"
        case .integer(let integer): "\(integer)"
        case .unsigned(let integer): "\(integer)"
        case .long(let run): Self.decimal(Array(cursor.bytes[run.range]))
        case .float(let float): "\(float)"
        case .single(let float): "\(float)"
        case .text(let run): cursor.string(run)
        case .bytes(let run): Self.summary(Array(cursor.bytes[run.range]))
        case .latin(let run):
            // A text with other characters is no bytes; then its UTF-8 stands for it.
            Self.summary(PickleMachine.latin(cursor.string(run)) ?? Array(cursor.bytes[run.range]))
        case .device(let place): device(heap.containers[place])
        case .global(let global): global.name
        case .numpyType(let type): "numpy.dtype('\(type.rawValue)')"
        case .tuple, .list, .dict, .storage, .tensor: value.kind
        }
    }

    private func device(_ arguments: [PickleValue]) -> String {
        guard case .text(let run)? = arguments.first else { return "device" }
        guard arguments.count > 1, case .integer(let index) = arguments[1] else { return cursor.string(run) }
        return cursor.string(run) + ":\(index)"
    }

    private static func summary(_ bytes: [UInt8]) -> String {
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
