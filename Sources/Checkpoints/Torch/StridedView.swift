import Compute

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A tensor that is a view of a storage: its elements are `stride` apart along each axis. Strides are from 0 on; the
/// view has no axis of extent 0.
struct StridedView {
    let shape: [Int]
    let stride: [Int]
    /// Bytes of an element.
    let itemSize: Int

    /// Whether the elements follow each other in row-major order. The stride of an axis of extent 1 does not matter.
    var isContiguous: Bool {
        var expected = 1
        for (extent, stride) in zip(shape, stride).reversed() where extent != 1 {
            guard stride == expected else { return false }
            expected *= extent
        }
        return true
    }

    /// Elements from the first one to the last one; `nil` beyond `Int`.
    var extent: Int? { Self.extent(axes) }

    /// What is read at once, where the view is not larger itself.
    private static let blockSize = 64 << 20

    /// All elements in row-major order.
    /// - Parameters:
    ///   - file: the file that the storage is in.
    ///   - start: place of the view's first element.
    /// - Throws: `CheckpointError` (`unreadable`, `truncated`).
    func gathered(from file: OpenFile, at start: Int) throws -> Storage {
        let axes = axes
        let byteCount = axes.reduce(itemSize) { $0 * $1.extent }
        let result = try Self.allocate(byteCount, file: file)
        var target = result.base
        // A transposed matrix is read in one piece, a column of a large one element by element.
        let limit = max(Self.blockSize, byteCount)
        try gather(axes[...], file: file, at: start, limit: limit, into: &target)
        return result
    }

    private typealias Axis = (extent: Int, stride: Int)

    /// The axes that matter.
    private var axes: [Axis] { zip(shape, stride).filter { $0.0 != 1 }.map { (extent: $0.0, stride: $0.1) } }

    private static func extent(_ axes: some Sequence<Axis>) -> Int? {
        var last = 0
        for axis in axes {
            let reach = (axis.extent - 1).multipliedReportingOverflow(by: axis.stride)
            let sum = last.addingReportingOverflow(reach.partialValue)
            guard !reach.overflow, !sum.overflow else { return nil }
            last = sum.partialValue
        }
        return last == Int.max ? nil : last + 1
    }

    private func gather(
        _ axes: ArraySlice<Axis>, file: OpenFile, at start: Int, limit: Int, into target: inout UnsafeMutableRawPointer
    ) throws {
        // The whole view's extent lies in the file, so neither this nor the places below can overflow.
        let byteCount = (Self.extent(axes) ?? 0) * itemSize
        guard let first = axes.first, byteCount > limit else {
            let block = try Self.allocate(byteCount, file: file)
            try file.read(byteCount, at: start, into: block.base)
            copy(axes, from: block.base, into: &target)
            return
        }
        for index in 0..<first.extent {
            try gather(
                axes.dropFirst(), file: file, at: start + index * first.stride * itemSize, limit: limit, into: &target)
        }
    }

    private func copy(
        _ axes: ArraySlice<Axis>, from source: UnsafeMutableRawPointer, into target: inout UnsafeMutableRawPointer
    ) {
        guard let first = axes.first else {
            target.copyMemory(from: source, byteCount: itemSize)
            target += itemSize
            return
        }
        if axes.count == 1, first.stride == 1 {
            target.copyMemory(from: source, byteCount: first.extent * itemSize)
            target += first.extent * itemSize
            return
        }
        if axes.count == 1 {
            switch itemSize {
            case 1: copyRow(first, UInt8.self, from: source, into: &target)
            case 2: copyRow(first, UInt16.self, from: source, into: &target)
            case 4: copyRow(first, UInt32.self, from: source, into: &target)
            case 8: copyRow(first, UInt64.self, from: source, into: &target)
            default: copyRow(first, from: source, into: &target)
            }
            return
        }
        for index in 0..<first.extent {
            copy(axes.dropFirst(), from: source + index * first.stride * itemSize, into: &target)
        }
    }

    private func copyRow<Element: FixedWidthInteger>(
        _ axis: Axis, _: Element.Type, from source: UnsafeMutableRawPointer, into target: inout UnsafeMutableRawPointer
    ) {
        for index in 0..<axis.extent {
            let value = source.loadUnaligned(fromByteOffset: index * axis.stride * itemSize, as: Element.self)
            target.storeBytes(of: value, as: Element.self)
            target += itemSize
        }
    }

    private func copyRow(
        _ axis: Axis, from source: UnsafeMutableRawPointer, into target: inout UnsafeMutableRawPointer
    ) {
        for index in 0..<axis.extent {
            target.copyMemory(from: source + index * axis.stride * itemSize, byteCount: itemSize)
            target += itemSize
        }
    }

    /// Memory that the file asks for: too much of it is an error, not the end of the program.
    private static func allocate(_ byteCount: Int, file: OpenFile) throws -> Storage {
        guard let base = malloc(max(byteCount, 1)) else {
            throw CheckpointError(
                .unreadable, file: file.path, "not enough memory to put a view in order", found: "\(byteCount) bytes")
        }
        return Storage(base: base, byteCount: byteCount) { free($0) }
    }
}
