import Digests

/// Turns what a pickle describes into named tensors and texts: the keys of dicts and the places in lists, with dots
/// between.
///
/// A pickle may refer to one value any number of times, and to a value from within itself, so depth, number of visits
/// and bytes of all texts have limits.
struct TorchFlattening {
    static let depthLimit = 64
    static let visitLimit = 1_000_000
    static let nameLimit = 4096
    static let textLimit = 128 << 20
    /// The name of a tensor that is saved alone.
    static let loneName = "tensor"

    private let reader: TorchTensors
    private var visits = 0
    private var textCount = 0
    private(set) var tensors: [CheckpointTensor] = []
    private(set) var metadata: [(key: String, value: String)] = []

    init(_ reader: TorchTensors) { self.reader = reader }

    /// Takes the value that the pickle describes. The tensors of a dict `state_dict` at the top have names without it,
    /// as in the files of Stable Diffusion.
    /// - Throws: `CheckpointError`.
    mutating func take(_ root: PickleValue) throws {
        guard case .dict(let place) = root else {
            try visit(root, name: nil, lifted: 0, depth: 0)
            return
        }
        let values = reader.heap.containers[place]
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            let name = try joined(nil, try key(values[index]))
            var lifted = 0
            if case .dict = values[index + 1], utf8Equal(name, "state_dict") { lifted = "state_dict.".utf8.count }
            try visit(values[index + 1], name: name, lifted: lifted, depth: 1)
        }
    }

    /// `lifted`: so many bytes at the beginning of the name are left away in the names of tensors.
    private mutating func visit(_ value: PickleValue, name: String?, lifted: Int, depth: Int) throws {
        visits += 1
        guard visits <= Self.visitLimit else {
            throw fault("the pickle describes too many values", expected: "at most \(Self.visitLimit)")
        }
        guard depth <= Self.depthLimit else {
            throw fault(
                "values nested too deep, or within themselves", expected: "at most \(Self.depthLimit) levels",
                found: name.map { "\"\(ForeignText.shown($0))\"" })
        }
        switch value {
        case .dict(let place):
            let values = reader.heap.containers[place]
            for index in stride(from: 0, to: values.count - 1, by: 2) {
                let name = try joined(name, try key(values[index]))
                try visit(values[index + 1], name: name, lifted: lifted, depth: depth + 1)
            }
        case .list(let place), .tuple(let place):
            for (index, value) in reader.heap.containers[place].enumerated() {
                try visit(value, name: try joined(name, "\(index)"), lifted: lifted, depth: depth + 1)
            }
        case .tensor(let place):
            let name = name ?? Self.loneName
            let short = lifted == 0 ? name : String(decoding: name.utf8.dropFirst(lifted), as: UTF8.self)
            tensors.append(try reader.tensor(place, name: short))
        case .storage:
            throw fault(
                "a storage that no tensor uses", found: name.map { "\"\(ForeignText.shown($0))\"" },
                hint: "save a tensor of it")
        default:
            // Digesting the same bytes again and again takes time, too.
            if case .bytes(let run) = value { try spend(Int(run.count)) }
            if case .latin(let run) = value { try spend(Int(run.count)) }
            let text = PickleText(cursor: reader.cursor, heap: reader.heap).text(value)
            try spend(text.utf8.count)
            metadata.append((name ?? "value", text))
        }
    }

    /// The key of a dict, as a text.
    private func key(_ value: PickleValue) throws -> String {
        switch value {
        case .text(let run) where run.count <= Self.nameLimit: return reader.cursor.string(run)
        case .integer(let integer): return "\(integer)"
        case .bool(let bool): return bool ? "True" : "False"
        case .text(let run):
            throw fault("a key is too long", expected: "at most \(Self.nameLimit) bytes", found: "\(run.count)")
        default: throw fault("a key is neither text nor integer", found: value.kind)
        }
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

    private mutating func spend(_ count: Int) throws {
        textCount += count
        guard textCount <= Self.textLimit else {
            throw fault("names and texts are too long", expected: "at most \(Self.textLimit) bytes")
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
