import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

/// The folder of committed fixtures; `make.py` there makes them.
let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

/// A new folder that is removed with the object.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "checkpoints-\(UUID().uuidString)").path
        try FileContents.makeFolder(path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try AtomicFile.write(text, to: path + "/" + name)
        return path + "/" + name
    }
}

/// The bytes of a safetensors file with a header as given and that many bytes 0, 1, 2 … after it.
func rawFile(_ header: String, data: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
        + (0..<data).map { UInt8(truncatingIfNeeded: $0) }
}

/// A tensor of any type with the given bytes.
func tensor(_ dtype: DType, _ shape: [Int], bytes: [UInt8]) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: dtype)
    precondition(bytes.count == result.byteCount)
    bytes.withUnsafeBytes {
        if let base = $0.baseAddress { result.storage.base.copyMemory(from: base, byteCount: $0.count) }
    }
    return result
}

/// The error that a piece of code throws, if it is one of ours.
func checkpointError(_ body: () throws -> Void) -> CheckpointError? {
    do { try body() } catch { return error as? CheckpointError }
    return nil
}

/// All bytes of a tensor, read by pieces.
func allBytes(_ tensor: CheckpointTensor, piece: Int = 1 << 16) throws -> [UInt8] {
    let bytes = try tensor.bytes()
    var result = [UInt8](repeating: 0, count: bytes.count)
    try result.withUnsafeMutableBytes { buffer in
        for start in stride(from: 0, to: bytes.count, by: piece) {
            guard let base = buffer.baseAddress else { break }
            try bytes.read(start..<min(start + piece, bytes.count), into: base + start)
        }
    }
    return result
}

/// Holds a checkpoint against names, types, shapes, SHA-256 of bytes and metadata that Python wrote down.
func expectSame(_ checkpoint: Checkpoint, _ expected: JSONCursor) throws {
    let tensors = try expected["tensors"]
    #expect(try checkpoint.tensors.map(\.name) == tensors.object().keys)
    for tensor in checkpoint.tensors {
        let entry = try tensors[tensor.name]
        #expect(try tensor.type.name == entry["type"].string(), "\(tensor.name)")
        #expect(try tensor.shape == entry["shape"].elements().map { try $0.int() }, "\(tensor.name)")
        #expect(try Digest.sha256(allBytes(tensor, piece: 5)).hex == entry["sha256"].string(), "\(tensor.name)")
    }
    #expect(try checkpoint.metadata.map(\.key) == expected["metadata"].object().keys)
    for (key, value) in checkpoint.metadata {
        #expect(try value == expected["metadata"][key].string(), "\(key)")
    }
}
