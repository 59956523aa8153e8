import Core

/// A file as torch.save wrote it before PyTorch 1.6, and still does when it is told to: pickles one after another, of a
/// magic number, a version, what machine it was, the object, and the keys of its storages; then the storages, each with
/// the number of its elements in front.
struct TorchStream: TorchStorages {
    let file: OpenFile
    /// What the object's pickle describes, and what it was read with.
    let root: PickleValue
    let machine: PickleMachine
    private let places: [String: Range<Int>]

    /// The integer 0x1950a86a20f9469cfc6c, lowest byte first.
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    /// Reads the pickles, and finds the storages.
    /// - Throws: `CheckpointError` (`code`, `container`, `truncated`, `offsets`, `dtype`, `trailingBytes`).
    init(_ file: OpenFile) throws {
        self.file = file
        var position = 0
        try Self.checkMagic(file, &position)
        let (version, _) = try Self.pickle(file, &position)
        guard case .integer(1001) = version else {
            throw Self.bad(file, 0, "unknown version of a file of PyTorch before 1.6", expected: "1001")
        }
        try Self.checkMachine(file, &position)
        (root, machine) = try Self.pickle(file, &position)
        let keys = try Self.keys(file, &position)
        places = try Self.places(keys, machine, file, position)
    }

    /// Where a storage is.
    func range(of storage: PickleHeap.StorageRecord, key: String, tensor: String, place: Int) throws -> Range<Int> {
        guard let range = places[key] else {
            throw CheckpointError(
                .container, file: file.path, tensor: tensor, offset: place, "its storage is not in the file",
                expected: "storage \"\(ForeignText.shown(key))\"")
        }
        let size = storage.count.multipliedReportingOverflow(by: storage.itemSize)
        guard !size.overflow, size.partialValue == range.count else {
            throw CheckpointError(
                .offsets, file: file.path, tensor: tensor, offset: range.lowerBound,
                "its storage has another size than the pickle says",
                expected: "\(storage.count) × \(storage.itemSize) bytes", found: "\(range.count)")
        }
        return range
    }

    /// Reads a pickle from `position` on, which then is behind it. How long it is only reading tells, so it is read
    /// again with more bytes where they were too few.
    private static func pickle(_ file: OpenFile, _ position: inout Int) throws -> (PickleValue, PickleMachine) {
        var size = 1 << 20
        while true {
            let end = min(file.size - position, size)
            var machine = PickleMachine(
                PickleCursor(
                    bytes: try file.bytes(position..<(position + end)), file: file.path, base: position))
            do {
                let value = try machine.run(isWhole: false)
                position += machine.cursor.position
                return (value, machine)
            } catch let error as CheckpointError
                where error.kind == .truncated && end == size && size < PickleMachine.byteLimit
            {
                size *= 4
            }
        }
    }

    private static func checkMagic(_ file: OpenFile, _ position: inout Int) throws {
        if let (value, machine) = try? pickle(file, &position), case .long(let run) = value,
            machine.cursor.bytes[run.range].elementsEqual(magic)
        {
            return
        }
        throw CheckpointError(
            .container, file: file.path, offset: 0, "a bare pickle, no torch file",
            hint: "load it with the program that made it, and save its tensors with torch.save")
    }

    private static func checkMachine(_ file: OpenFile, _ position: inout Int) throws {
        let start = position
        let (value, machine) = try pickle(file, &position)
        guard case .dict(let place) = value else {
            throw bad(file, start, "no description of the machine", expected: "a dict", found: value.kind)
        }
        let values = machine.heap.containers[place]
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            guard case .text(let run) = values[index], machine.cursor.string(run) == "little_endian" else { continue }
            if case .bool(true) = values[index + 1] { return }
            throw bad(
                file, start, "the numbers are not little-endian",
                hint: "load it on the machine that wrote it and save it again with torch.save")
        }
        throw bad(file, start, "the file does not say in which order the bytes of its numbers are")
    }

    private static func keys(_ file: OpenFile, _ position: inout Int) throws -> [String] {
        let start = position
        let (value, machine) = try pickle(file, &position)
        guard case .list(let place) = value else {
            throw bad(file, start, "no list of storages", expected: "a list", found: value.kind)
        }
        return try machine.heap.containers[place].map { value in
            guard case .text(let run) = value, run.count <= 1024 else {
                throw bad(file, start, "the key of a storage is no text", found: value.kind)
            }
            return machine.cursor.string(run)
        }
    }

    /// The storages one after another; the size of an element stands in the object's pickle.
    private static func places(
        _ keys: [String], _ machine: PickleMachine, _ file: OpenFile, _ start: Int
    ) throws -> [String: Range<Int>] {
        var sizes: [String: Int] = [:]
        for storage in machine.heap.storages {
            let key = machine.cursor.string(storage.key)
            guard sizes.updateValue(storage.itemSize, forKey: key) ?? storage.itemSize == storage.itemSize else {
                throw bad(file, start, "a storage has two types", found: "\"\(ForeignText.shown(key))\"")
            }
        }
        var places: [String: Range<Int>] = [:]
        var position = start
        for key in keys {
            let shown = "\"\(ForeignText.shown(key))\""
            guard let itemSize = sizes[key] else {
                throw bad(file, position, "a storage that nothing uses", found: shown)
            }
            guard file.size - position >= 8 else {
                throw CheckpointError(
                    .truncated, file: file.path, offset: file.size, "the file ends before storage \(shown)",
                    hint: "copy the file again")
            }
            let count = try file.bytes(position..<(position + 8)).u64(0)
            position += 8
            guard let count = Int(exactly: count), count <= (file.size - position) / itemSize else {
                throw CheckpointError(
                    .truncated, file: file.path, offset: file.size, "the file ends within storage \(shown)",
                    expected: "\(count) elements of \(itemSize) bytes", hint: "copy the file again")
            }
            let range = position..<(position + count * itemSize)
            guard places.updateValue(range, forKey: key) == nil else {
                throw bad(file, position, "two storages have one key", found: shown)
            }
            position = range.upperBound
        }
        guard position == file.size else {
            throw CheckpointError(
                .trailingBytes, file: file.path, offset: position, "bytes after the last storage",
                expected: "a file of \(position) bytes", found: "\(file.size)")
        }
        return places
    }

    private static func bad(
        _ file: OpenFile, _ offset: Int, _ problem: String, expected: String? = nil, found: String? = nil,
        hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            .container, file: file.path, offset: offset, problem, expected: expected, found: found, hint: hint)
    }
}
