/// A key of PEFT's `rank_pattern` and `alpha_pattern`: a regular expression that the end of a module's name has to match,
/// from the beginning of a part on (`(.*\.)?(KEY)$`). Of the language, characters, `.`, `\.`, `^` and `$` are understood.
struct ModulePattern {
    let text: String
    private let isAnchored: Bool
    /// Bytes that are asked for; `nil` stands for any character but the end of a line.
    private let bytes: [UInt8?]

    /// `nil` for an expression that means more.
    init?(_ text: String) {
        self.text = text
        var rest = Substring(text)
        isAnchored = rest.hasPrefix("^")
        if isAnchored { rest.removeFirst() }
        var bytes: [UInt8?] = []
        var utf8 = rest.utf8[...]
        while let byte = utf8.popFirst() {
            switch byte {
            case UInt8(ascii: "."): bytes.append(nil)
            case UInt8(ascii: "\\"):
                guard utf8.first == UInt8(ascii: ".") else { return nil }
                bytes.append(utf8.removeFirst())
            case UInt8(ascii: "$") where utf8.isEmpty: break
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "/"):
                bytes.append(byte)
            default: return nil
            }
        }
        guard !bytes.isEmpty else { return nil }
        self.bytes = bytes
    }

    /// Whether the module is meant.
    func matches(_ module: String) -> Bool {
        let name = Array(module.utf8)
        guard name.count >= bytes.count else { return false }
        let start = name.count - bytes.count
        guard start == 0 || !isAnchored && name[start - 1] == UInt8(ascii: ".") else { return false }
        return zip(bytes, name[start...]).allSatisfy { $0 == nil ? $1 != UInt8(ascii: "\n") : $0 == $1 }
    }
}
