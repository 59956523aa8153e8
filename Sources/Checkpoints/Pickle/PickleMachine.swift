/// Reads a pickle that torch.save wrote, and runs nothing: what the opcodes ask for becomes a description of tensors,
/// plain values and objects. What would have to be run to know what it is, is an error (`PickleCode`).
struct PickleMachine {
    /// A larger pickle is refused before it is read.
    static let byteLimit = 256 << 20
    /// Values on the stack at once; Python's pickler puts at most 1000 of a container there.
    static let stackLimit = 1_000_000
    /// Values that are remembered for later.
    static let memoLimit = 4_000_000

    var cursor: PickleCursor
    var heap = PickleHeap()
    private var stack: [PickleValue] = []
    /// Heights of the stack at the open marks; nothing below the last one may be touched.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    /// The sources of classes, which PyTorch before 1.6 saved beside a module: class and text.
    private(set) var sources: [(name: PickleValue, source: PickleBytes)] = []

    init(_ cursor: PickleCursor) { self.cursor = cursor }

    /// Reads all of the pickle; returns the value that it describes.
    /// - Parameter isWhole: whether nothing may follow; else the cursor stands after the pickle.
    /// - Throws: `CheckpointError` (`code`, `container`, `truncated`, `dtype`, `trailingBytes`).
    mutating func run(isWhole: Bool = true) throws -> PickleValue {
        guard try cursor.opcode() == .proto else { throw cursor.fault("the pickle does not begin with its protocol") }
        let version = try cursor.u8()
        guard (2...5).contains(version) else {
            throw cursor.fault("unknown pickle protocol", expected: "2…5", found: "\(version)")
        }
        while true {
            let opcode = try cursor.opcode()
            if opcode == .stop { return try finish(isWhole: isWhole) }
            try step(opcode)
            guard stack.count + marks.count <= Self.stackLimit else {
                throw cursor.fault("the pickle's stack is too deep", expected: "at most \(Self.stackLimit) values")
            }
            guard !heap.isExhausted, memo.count <= Self.memoLimit else {
                throw cursor.fault(
                    "the pickle makes too many values",
                    expected: "at most \(PickleHeap.objectLimit) containers and \(PickleHeap.elementLimit) values")
            }
        }
    }

    private mutating func finish(isWhole: Bool) throws -> PickleValue {
        let value = try pop()
        guard stack.isEmpty, marks.isEmpty else {
            throw cursor.fault("the pickle stops with \(stack.count + 1) values and \(marks.count) marks")
        }
        guard !isWhole || cursor.remaining == 0 else {
            throw CheckpointError(
                .trailingBytes, file: cursor.file, offset: cursor.base + cursor.position, "bytes after the pickle",
                found: "\(cursor.remaining)")
        }
        return value
    }

    private mutating func step(_ opcode: PickleOpcode) throws {
        switch opcode {
        case .frame: _ = try cursor.length()
        case .mark: marks.append(stack.count)
        case .pop: try discard()
        case .popMark: _ = try popToMark()
        case .dup: stack.append(try top())
        case .none: stack.append(.none)
        case .newTrue: stack.append(.bool(true))
        case .newFalse: stack.append(.bool(false))
        case .binInt: stack.append(.integer(try cursor.i32()))
        case .binInt1: stack.append(.integer(Int(try cursor.u8())))
        case .binInt2: stack.append(.integer(try cursor.u16()))
        case .long1: stack.append(try long(try cursor.run(Int(try cursor.u8()))))
        case .long4: stack.append(try long(try cursor.run(try cursor.u32())))
        case .binFloat: stack.append(.float(try cursor.double()))
        case .shortBinUnicode: stack.append(.text(try cursor.text(Int(try cursor.u8()))))
        case .binUnicode: stack.append(.text(try cursor.text(try cursor.u32())))
        case .binUnicode8: stack.append(.text(try cursor.text(try cursor.length())))
        case .shortBinBytes: stack.append(.bytes(try cursor.run(Int(try cursor.u8()))))
        case .binBytes: stack.append(.bytes(try cursor.run(try cursor.u32())))
        case .binBytes8: stack.append(.bytes(try cursor.run(try cursor.length())))
        case .byteArray8: stack.append(.byteArray(try cursor.run(try cursor.length()), isLatin: false))
        case .shortBinString: stack.append(string(try cursor.run(Int(try cursor.u8()))))
        case .binString: stack.append(string(try cursor.run(try cursor.u32())))
        case .emptyTuple: stack.append(.tuple(heap.add([])))
        case .tuple: stack.append(.tuple(heap.add(try popToMark())))
        case .tuple1: stack.append(.tuple(heap.add([try pop()])))
        case .tuple2: stack.append(.tuple(heap.add(try pop(2))))
        case .tuple3: stack.append(.tuple(heap.add(try pop(3))))
        case .emptyList: stack.append(.list(heap.add([])))
        case .append: try append([try pop()])
        case .appends: try append(try popToMark())
        case .emptySet: stack.append(.set(heap.add([])))
        case .addItems: try addItems(try popToMark())
        case .frozenSet: stack.append(.frozenSet(heap.add(try popToMark())))
        case .emptyDict: stack.append(.dict(heap.add([])))
        case .setItem: try setItems(try pop(2))
        case .setItems: try setItems(try popToMark())
        case .binGet: try recall(Int(try cursor.u8()))
        case .longBinGet: try recall(try cursor.u32())
        case .binPut: memo[Int(try cursor.u8())] = try top()
        case .longBinPut: memo[try cursor.u32()] = try top()
        case .memoize: memo[memo.count] = try top()
        case .global: stack.append(try global(try cursor.line(), try cursor.line()))
        case .stackGlobal: try stackGlobal()
        case .reduce:
            let parts = try pop(2)
            stack.append(try call(parts[0], parts[1]))
        case .newObj:
            let parts = try pop(2)
            stack.append(try make(parts[0], parts[1]))
        case .newObjEx:
            let parts = try pop(3)
            stack.append(try make(parts[0], parts[1], keywords: parts[2]))
        case .build: try build(try pop(), on: try top())
        case .binPersID: stack.append(try persistent(try pop()))
        case .inst: _ = try global(try cursor.line(), try cursor.line(), isRun: true)
        default:
            throw cursor.fault("pickle opcode that torch.save does not write", found: opcode.name)
        }
    }

    // MARK: The stack

    private func top() throws -> PickleValue {
        guard let value = stack.last, stack.count > marks.last ?? 0 else {
            throw cursor.fault("the pickle's stack is empty")
        }
        return value
    }

    private mutating func pop() throws -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw cursor.fault("the pickle's stack is empty") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws -> [PickleValue] {
        guard let mark = marks.popLast() else { throw cursor.fault("the pickle has no mark") }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    /// A mark can be taken off, too.
    private mutating func discard() throws {
        if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    }

    private mutating func recall(_ key: Int) throws {
        guard let value = memo[key] else { throw cursor.fault("the pickle remembers no value \(key)") }
        stack.append(value)
    }

    // MARK: Containers

    private mutating func append(_ values: [PickleValue]) throws {
        switch try top() {
        case .list(let list): heap.append(values, to: list)
        case .object(let object): heap.append(values, to: \.items, of: object)
        default: throw cursor.fault("values are added to what is no list", found: try top().kind)
        }
    }

    private mutating func addItems(_ values: [PickleValue]) throws {
        guard case .set(let set) = try top() else {
            throw cursor.fault("values are added to what is no set", found: try top().kind)
        }
        heap.append(values, to: set)
    }

    private mutating func setItems(_ values: [PickleValue]) throws {
        guard values.count.isMultiple(of: 2) else { throw cursor.fault("a key of a dict has no value") }
        switch try top() {
        case .dict(let dict): heap.append(values, to: dict)
        case .object(let object): heap.append(values, to: \.members, of: object)
        default: throw cursor.fault("items are set in what is no dict", found: try top().kind)
        }
    }

    /// What a persistent id stands for: a storage; or a class, beside which PyTorch before 1.6 saved its source.
    private mutating func persistent(_ id: PickleValue) throws -> PickleValue {
        guard case .tuple(let place) = id, heap.containers[place].count == 4,
            case .text(let word) = heap.containers[place][0], word.count == 6, cursor.string(word) == "module"
        else { return try storage(id) }
        let items = heap.containers[place]
        guard case .unknown = items[1], case .text(let source) = items[3] else {
            throw cursor.fault("wrong name of a module", found: items.map(\.kind).joined(separator: ", "))
        }
        sources.append((items[1], source))
        return items[1]
    }

    // MARK: Names

    private mutating func stackGlobal() throws {
        let parts = try pop(2)
        guard case .text(let module) = parts[0], case .text(let name) = parts[1] else {
            throw cursor.fault(
                "the name of a class is no text", found: "\(parts[0].kind) and \(parts[1].kind)")
        }
        stack.append(try global(module, name))
    }

    private mutating func global(
        _ module: PickleBytes, _ name: PickleBytes, isRun: Bool = false
    ) throws -> PickleValue {
        let count = Int(module.count) + Int(name.count)
        let bytes = cursor.bytes[module.range].prefix(400) + [UInt8(ascii: ".")] + cursor.bytes[name.range].prefix(400)
        if !isRun, count <= 300, bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            let text = String(validating: bytes, as: UTF8.self)
        {
            if let global = PickleGlobal(text) { return .global(global) }
            if !PickleCode.isRefused(text) { return .unknown(heap.add(module: module, name: name)) }
        }
        throw cursor.namesCode(ForeignText.shown(bytes))
    }

    /// Text of Python 2, where it is text, and bytes otherwise.
    private func string(_ run: PickleBytes) -> PickleValue {
        String(validating: cursor.bytes[run.range], as: UTF8.self) == nil ? .bytes(run) : .text(run)
    }

    private func long(_ run: PickleBytes) throws -> PickleValue {
        guard run.count <= 1024 else {
            throw cursor.fault("an integer is too long", expected: "at most 1024 bytes", found: "\(run.count)")
        }
        let bytes = cursor.bytes[run.range]
        let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
        let filler: UInt8 = isNegative ? 0xFF : 0
        guard bytes.dropFirst(8).allSatisfy({ $0 == filler }) else { return .long(run) }
        var padded = Array(bytes.prefix(8))
        while padded.count < 8 { padded.append(filler) }
        let bits = padded.u64(0)
        if isNegative == (padded[7] >= 0x80) { return .integer(Int(truncatingIfNeeded: bits)) }
        return isNegative ? .long(run) : .unsigned(bits)
    }
}
