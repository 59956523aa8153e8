import Core

/// Turns what a pickle describes into named tensors and texts: the keys of dicts and the places in lists, with dots
/// between. Tensors, storages and arrays are tensors wherever they are, in objects too; all else is a text, and nothing
/// is left out, no empty container, no key that is not text.
///
/// A pickle may refer to one value any number of times, and to a value from within itself, so depth, number of visits
/// and bytes of all texts have limits.
struct TorchFlattening {
    static let depthLimit = 100
    static let visitLimit = 1_000_000
    static let nameLimit = 4096
    static let textLimit = 128 << 20
    /// A longer text of a list is given by its digest.
    static let shownLimit = 1024
    /// The name of a tensor that is saved alone.
    static let loneName = "tensor"
    /// Names of PyTorch's own class of tensors.
    private static let plainClasses = ["torch.Tensor", "torch._tensor.Tensor"]

    let reader: TorchTensors
    private var visits = 0
    private var textCount = 0
    private(set) var tensors: [CheckpointTensor] = []
    private(set) var metadata: [(key: String, value: String)] = []
    /// Names of the containers and objects that are being visited.
    private var open: [Place: String] = [:]
    /// Whether a container or object has nothing in it but plain values; `false` while that is being found out.
    private var plain: [Place: Bool] = [:]
    /// Bytes of arrays that protocol 2 writes as text, by their places in the pickle.
    private var decoded: [UInt32: OpenFile] = [:]

    /// What can hold itself.
    private enum Place: Hashable { case container(Int), object(Int) }

    init(_ reader: TorchTensors) { self.reader = reader }

    private var heap: PickleHeap { reader.heap }
    private var texts: PickleText { PickleText(cursor: reader.cursor, heap: reader.heap) }

    /// Takes the value that the pickle describes. The tensors of a dict `state_dict` at the top have names without it,
    /// as in the files of Stable Diffusion.
    /// - Throws: `CheckpointError`.
    mutating func take(_ root: PickleValue) throws {
        guard case .dict(let place) = root, !heap.containers[place].isEmpty else {
            try visit(root, name: nil, lifted: 0, depth: 0)
            return
        }
        open[.container(place)] = "the whole"
        try members(heap.containers[place], name: nil, depth: 0) { name, value in
            var lifted = 0
            if case .dict = value, utf8Equal(name, "state_dict") { lifted = "state_dict.".utf8.count }
            return lifted
        }
        try states(heap.states[place] ?? [], name: nil, lifted: 0, depth: 0)
    }

    /// Adds the source of a class, which PyTorch before 1.6 saved beside a module.
    mutating func take(source: PickleBytes, of name: PickleValue) throws {
        try visited()
        try spend(Int(source.count))
        let key = "source of " + texts.leaf(name)
        let text = PickleText.summary(Array(reader.cursor.bytes[source.range]))
        guard !metadata.contains(where: { utf8Equal($0.key, key) && utf8Equal($0.value, text) }) else { return }
        try add(key, text)
    }

    /// `lifted`: so many bytes at the beginning of the name are left away in the names of tensors.
    private mutating func visit(_ value: PickleValue, name: String?, lifted: Int, depth: Int) throws {
        try visited()
        guard depth <= Self.depthLimit else {
            throw fault(
                "values nested too deep", expected: "at most \(Self.depthLimit) levels",
                found: name.map { "\"\(ForeignText.shown($0))\"" })
        }
        let place = Self.place(value)
        if let place {
            if let outer = open[place] {
                // Omegaconf's nodes, for one, know what they are in.
                try add(name ?? "value", "the value of \(outer) that it is in")
                return
            }
            if try isPlain(value, depth: 0) {
                try add(name ?? "value", try shown(value))
                return
            }
            open[place] = name ?? "the whole"
        }
        defer { if let place { open[place] = nil } }
        switch value {
        case .dict(let place):
            try members(heap.containers[place], name: name, depth: depth) { _, _ in lifted }
            try states(heap.states[place] ?? [], name: name, lifted: lifted, depth: depth)
        case .list(let place), .tuple(let place), .size(let place), .set(let place), .frozenSet(let place):
            try add(name ?? "value", "\(value.kind) of \(heap.containers[place].count)")
            for (index, value) in heap.containers[place].enumerated() {
                try visit(value, name: try joined(name, "\(index)"), lifted: lifted, depth: depth + 1)
            }
        case .object(let place): try visit(heap.objects[place], name: name, lifted: lifted, depth: depth)
        case .tensor(let place):
            let own = name ?? Self.loneName
            tensors.append(try reader.tensor(place, name: short(own, lifted)))
            let record = heap.tensors[place]
            if record.isTrained { try add("\(own): requires_grad", "True") }
            if let subclass = record.subclass.map(texts.leaf), !Self.plainClasses.contains(subclass) {
                try add("\(own): class", subclass)
            }
            for attribute in record.attributes { try self.attribute(attribute, of: own, lifted, depth) }
        case .storage(let place):
            let own = name ?? Self.loneName
            tensors.append(try reader.storage(place, name: short(own, lifted)))
        case .array(let place):
            let own = name ?? Self.loneName
            tensors.append(try reader.array(place, name: short(own, lifted), data: try bytes(of: place)))
            if let subclass = heap.arrays[place].subclass { try add("\(own): class", texts.leaf(subclass)) }
        default: try add(name ?? "value", try shown(value))
        }
    }

    /// What is set on a tensor: nothing, mostly.
    private mutating func attribute(
        _ attribute: (name: String?, value: PickleValue), of name: String, _ lifted: Int, _ depth: Int
    ) throws {
        switch attribute.value {
        case .none: return
        case .dict(let place) where heap.containers[place].isEmpty && heap.states[place] == nil: return
        case .dict where attribute.name == nil: try states([attribute.value], name: name, lifted: lifted, depth: depth)
        case .tuple where attribute.name == nil: try states([attribute.value], name: name, lifted: lifted, depth: depth)
        default:
            try visit(
                attribute.value, name: try joined(name, attribute.name ?? "state"), lifted: lifted, depth: depth + 1)
        }
    }

    private mutating func visit(
        _ object: PickleHeap.ObjectRecord, name: String?, lifted: Int, depth: Int
    ) throws {
        let callee = texts.callee(object)
        if try isPlain(object.arguments, depth: 0), object.keywords == nil {
            try add(name ?? "value", callee + (try shown(arguments: object.arguments, depth: 0)))
        } else {
            try add(name ?? "value", callee + "(…)")
            try visit(object.arguments, name: try joined(name, "args"), lifted: lifted, depth: depth + 1)
            if let keywords = object.keywords {
                try visit(keywords, name: try joined(name, "kwargs"), lifted: lifted, depth: depth + 1)
            }
        }
        for (index, value) in object.items.enumerated() {
            try visit(value, name: try joined(name, "\(index)"), lifted: lifted, depth: depth + 1)
        }
        try members(object.members, name: name, depth: depth) { _, _ in lifted }
        try states(object.states, name: name, lifted: lifted, depth: depth)
    }

    /// Keys and values in turn.
    private mutating func members(
        _ values: [PickleValue], name: String?, depth: Int, lifted: (String, PickleValue) -> Int
    ) throws {
        var others: [PickleValue] = []
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            let own = try joined(name, try key(values[index], &others))
            try visit(values[index + 1], name: own, lifted: lifted(own, values[index + 1]), depth: depth + 1)
        }
        guard !others.isEmpty else { return }
        // 1 and "1" have one name; which it is must not be lost.
        try add("\(name ?? "value"): keys", try summary(try others.map { try shown($0) }, ("[", "]")))
    }

    /// What is set on an object: attributes by their names, as they are usual, or something of its own.
    private mutating func states(_ states: [PickleValue], name: String?, lifted: Int, depth: Int) throws {
        for state in states {
            if case .dict(let place) = state, open[.container(place)] == nil, !heap.containers[place].isEmpty {
                open[.container(place)] = name ?? "the whole"
                try members(heap.containers[place], name: name, depth: depth) { _, _ in lifted }
                open[.container(place)] = nil
            } else if case .dict(let place) = state, heap.containers[place].isEmpty {
                continue
            } else {
                try visit(state, name: try joined(name, "state"), lifted: lifted, depth: depth + 1)
            }
        }
    }

    private func short(_ name: String, _ lifted: Int) -> String {
        lifted == 0 ? name : String(decoding: name.utf8.dropFirst(lifted), as: UTF8.self)
    }

    /// The key of a dict, as a part of names; one that is no text is added to `others`.
    private mutating func key(_ value: PickleValue, _ others: inout [PickleValue]) throws -> String {
        if case .text(let run) = value {
            guard run.count <= Self.nameLimit else {
                throw fault("a key is too long", expected: "at most \(Self.nameLimit) bytes", found: "\(run.count)")
            }
            return reader.cursor.string(run)
        }
        guard try isPlain(value, depth: 0) else {
            throw fault("a key that holds other values", found: value.kind)
        }
        others.append(value)
        return try shown(value)
    }

    private mutating func joined(_ name: String?, _ key: String) throws -> String {
        let joined = name.map { $0 + "." + key } ?? key
        guard joined.utf8.count <= Self.nameLimit else {
            throw fault(
                "a name is too long", expected: "at most \(Self.nameLimit) bytes",
                found: "\"\(ForeignText.shown(joined))\"")
        }
        try spend(joined.utf8.count)
        return joined
    }

    private mutating func add(_ key: String, _ text: String) throws {
        try spend(key.utf8.count + text.utf8.count)
        metadata.append((key, text))
    }

    private mutating func visited() throws {
        visits += 1
        guard visits <= Self.visitLimit else {
            throw fault("the pickle describes too many values", expected: "at most \(Self.visitLimit)")
        }
    }

    private mutating func spend(_ count: Int) throws {
        textCount += count
        guard textCount <= Self.textLimit else {
            throw fault("names and texts are too long", expected: "at most \(Self.textLimit) bytes")
        }
    }

    // MARK: Plain values

    private static func place(_ value: PickleValue) -> Place? {
        switch value {
        case .dict(let place), .list(let place), .tuple(let place), .size(let place), .set(let place),
            .frozenSet(let place):
            .container(place)
        case .object(let place): .object(place)
        default: nil
        }
    }

    /// Whether one text says all of a value: it holds no tensor, no dict that is not empty, and not itself.
    private mutating func isPlain(_ value: PickleValue, depth: Int) throws -> Bool {
        switch value {
        case .tensor, .storage, .array: return false
        default: break
        }
        guard let place = Self.place(value) else { return true }
        if let known = plain[place] { return known }
        guard depth < Self.depthLimit / 2 else { return false }
        plain[place] = false
        var parts: [PickleValue] = []
        switch value {
        case .dict(let place):
            guard heap.containers[place].isEmpty, heap.states[place] == nil else { return false }
        case .object(let place):
            let object = heap.objects[place]
            guard object.keywords == nil, object.members.isEmpty, object.states.isEmpty else { return false }
            parts = [object.arguments] + object.items
        default:
            if case .container(let container) = place { parts = heap.containers[container] }
        }
        for part in parts where try !isPlain(part, depth: depth + 1) { return false }
        plain[place] = true
        return true
    }

    /// The text of a plain value.
    private mutating func shown(_ value: PickleValue, depth: Int = 0) throws -> String {
        try visited()
        // Lists of lists that were found plain one after another.
        guard depth <= Self.depthLimit else {
            throw fault("values nested too deep", expected: "at most \(Self.depthLimit) levels")
        }
        switch value {
        case .list(let place): return try summary(try shown(all: heap.containers[place], depth), ("[", "]"))
        case .tuple(let place):
            let parts = try shown(all: heap.containers[place], depth)
            return try summary(parts, ("(", parts.count == 1 ? ",)" : ")"))
        case .size(let place): return try summary(try shown(all: heap.containers[place], depth), ("torch.Size([", "])"))
        // In which order Python goes through a set is chance.
        case .set(let place):
            return try summary(try shown(all: heap.containers[place], depth).sorted(by: utf8Less), ("set(", ")"))
        case .frozenSet(let place):
            return try summary(try shown(all: heap.containers[place], depth).sorted(by: utf8Less), ("frozenset(", ")"))
        case .dict: return "{}"
        case .object(let place):
            let object = heap.objects[place]
            let items = object.items.isEmpty ? "" : try summary(try shown(all: object.items, depth), ("[", "]"))
            return texts.callee(object) + (try shown(arguments: object.arguments, depth: depth)) + items
        default:
            // Digesting the same bytes again and again takes time, too.
            if case .bytes(let run) = value { try spend(Int(run.count)) }
            if case .latin(let run) = value { try spend(Int(run.count)) }
            if case .byteArray(let run, _) = value { try spend(Int(run.count)) }
            // So does writing a long integer by its digits: each takes a walk through all bytes.
            if case .long(let run) = value { try spend(Int(run.count) * Int(run.count)) }
            let text = texts.leaf(value)
            try spend(text.utf8.count)
            return text
        }
    }

    private mutating func shown(arguments: PickleValue, depth: Int) throws -> String {
        guard case .tuple(let place) = arguments else { return try shown(arguments, depth: depth + 1) }
        return try summary(try shown(all: heap.containers[place], depth), ("(", ")"))
    }

    private mutating func shown(all values: [PickleValue], _ depth: Int) throws -> [String] {
        try values.map { try shown($0, depth: depth + 1) }
    }

    /// Parts in brackets; by their number and digest, where they are long.
    private mutating func summary(_ parts: [String], _ brackets: (String, String)) throws -> String {
        let text = brackets.0 + parts.joined(separator: ", ") + brackets.1
        try spend(text.utf8.count)
        guard text.utf8.count > Self.shownLimit else { return text }
        let digest = Digest.sha256(Array(text.utf8))
        return "\(brackets.0)\(parts.count) values, sha256 \(digest.hex)\(brackets.1)"
    }

    // MARK: Arrays

    /// The file and place of an array's bytes: in the pickle itself, or decoded.
    private mutating func bytes(of place: Int) throws -> (file: OpenFile, range: Range<Int>) {
        func direct(_ run: PickleBytes) -> (file: OpenFile, range: Range<Int>) {
            let start = reader.cursor.base + Int(run.start)
            return (reader.file, start..<(start + Int(run.count)))
        }
        switch heap.arrays[place].data {
        case .bytes(let run), .text(let run), .byteArray(let run, isLatin: false): return direct(run)
        case .latin(let run), .byteArray(let run, isLatin: true):
            if let file = decoded[run.start], run.count > 0 { return (file, 0..<file.size) }
            guard let bytes = PickleMachine.latin(reader.cursor.string(run)) else {
                throw fault("an array's bytes are no bytes")
            }
            let file = OpenFile(path: reader.file.path, bytes: bytes)
            decoded[run.start] = file
            return (file, 0..<bytes.count)
        default: throw fault("an array without numbers")
        }
    }

    /// An error of the pickle as a whole.
    private func fault(
        _ problem: String, expected: String? = nil, found: String? = nil, hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            .container, file: reader.cursor.file, offset: reader.cursor.base, problem, expected: expected,
            found: found, hint: hint)
    }
}
