import Checkpoints
import Compute
import Core

/// One file of a latent set, opened: its rows are read one by one, and nothing of them is kept.
struct LatentSetRows {
    /// What is in it.
    let file: LatentSetFile
    private let source: Checkpoint
    /// The digests of each row.
    let digests: [[Digest]]

    /// The metadata of every file of a set.
    static let format = "smpo-latent-set-1"

    static func metadata(key: Digest, _ file: LatentSetFile) -> [String: String] {
        ["format": format, "set": key.hex, "first": "\(file.rows.lowerBound)"]
    }

    /// Opens `file` of the set under `key` in `folder`. - Throws: `CheckpointError` for one that is damaged, of another
    /// set, or of other tensors than the layout says.
    init(_ file: LatentSetFile, in folder: String, key: Digest, layout: LatentSetLayout) throws {
        self.file = file
        let path = "\(folder)/\(file.name)"
        source = try Checkpoint(safetensors: path)
        let expected = LatentSetRows.metadata(key: key, file)
        for (name, value) in expected.sorted(by: { utf8Less($0.key, $1.key) }) {
            guard let found = source.metadata(name), utf8Equal(found, value) else {
                throw CheckpointError(
                    .invalidInput, file: path, "a file of another latent set",
                    expected: "\(name) \(value)", found: source.metadata(name) ?? "none",
                    hint: "make the set again: smpo data encode --replace")
            }
        }
        let items = layout.items(of: file)
        for item in items {
            let found = try source.require(named: item.name, shape: item.shape)
            guard found.type.dtype == item.dtype else {
                throw CheckpointError(
                    .dtype, file: path, tensor: item.name, "another element type", expected: item.dtype.rawValue,
                    found: found.type.name)
            }
        }
        guard source.tensors.count == items.count else {
            let other = source.names.first { name in !items.contains { utf8Equal($0.name, name) } }
            throw CheckpointError(.invalidInput, file: path, tensor: other, "an unknown tensor")
        }
        let tensor = try source.require(named: "digests")
        let bytes = try [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { buffer, count in
            try tensor.bytes().read(0..<tensor.byteCount, into: UnsafeMutableRawPointer(buffer.baseAddress!))
            count = tensor.byteCount
        }
        let (all, width) = (Digest.list(bytes: bytes) ?? [], tensor.shape[1])
        digests = stride(from: 0, to: all.count, by: width).map { Array(all[$0..<$0 + width]) }
    }

    /// Its path.
    var path: String { source.path }

    /// Row `row` of the set in the tensor `name`, without the axis of rows. - Throws: `CheckpointError` for a file that was
    /// shortened.
    func tensor(_ name: String, _ row: Int) throws -> Tensor {
        let tensor = try source.require(named: name)
        guard let dtype = tensor.type.dtype else { preconditionFailure("checked when it was opened") }
        let result = Tensor(uninitialized: Array(tensor.shape.dropFirst()), dtype: dtype)
        let first = (row - file.rows.lowerBound) * result.byteCount
        try tensor.bytes().read(first..<first + result.byteCount, into: result.storage.base)
        return result
    }

    private func bytes(_ name: String, _ row: Int) throws -> [UInt8] { try tensor(name, row).copiedBytes }

    private func integers(_ name: String, _ row: Int) throws -> [Int] {
        try bytes(name, row).littleEndianIntegers
    }

    /// The digests of row `row` of the set.
    func digests(_ row: Int) -> [Digest] { digests[row - file.rows.lowerBound] }

    /// Stands for all rows: in the domain `latent-file`, over their digests in order.
    var digest: Digest { .of(.latentFile, digests.flatMap(\.self)) }

    /// What a row of a file of pairs says of its pictures, without their latents.
    func facts(
        _ row: Int, hasCaption: Bool
    ) throws -> (item: Digest, frames: [PictureFrame], flips: [Bool], caption: Int?) {
        let frames = try integers("frames", row)
        let items = Digest.list(bytes: try bytes("items", row)) ?? []
        return (
            items[0],
            PairSide.allCases.map {
                let first = 4 * $0.rawValue
                return PictureFrame(
                    height: frames[first], width: frames[first + 1], top: frames[first + 2], left: frames[first + 3])
            }, try bytes("flips", row).map { $0 != 0 }, hasCaption ? try integers("captions", row)[0] : nil
        )
    }
}

extension Tensor {
    /// The bytes, row-major and little-endian.
    var copiedBytes: [UInt8] { withBytes { Array($0) } }

    /// A tensor on the host of the given bytes, row-major and little-endian.
    init(bytes: [UInt8], shape: [Int], dtype: DType) {
        self.init(uninitialized: shape, dtype: dtype)
        precondition(bytes.count == byteCount)
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { storage.base.copyMemory(from: base, byteCount: source.count) }
        }
    }
}

extension [UInt8] {
    /// Words of eight bytes, little-endian.
    fileprivate var littleEndianIntegers: [Int] {
        withUnsafeBytes { raw in
            stride(from: 0, to: raw.count / 8 * 8, by: 8).map {
                Int(Int64(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: Int64.self)))
            }
        }
    }
}

extension [Int] {
    /// Words of eight bytes, little-endian.
    var littleEndianBytes: [UInt8] {
        flatMap { value in Swift.withUnsafeBytes(of: Int64(value).littleEndian) { Array<UInt8>($0) } }
    }
}
