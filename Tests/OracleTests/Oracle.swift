import Checkpoints
import Compute
import Core
import Diffusion
import Foundation
import Testing

/// Numbers computed by PyTorch and diffusers that ours are held against: the small committed part, and the whole set
/// where the environment variable `SMPO_ORACLES` names its folder.
struct Oracle: Sendable, CustomTestStringConvertible {
    let folder: String
    var testDescription: String { self.folder == Oracle.fixtures.folder ? "fixtures" : "whole set" }

    static let fixtures = Oracle(
        folder: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path)
    static let available =
        [fixtures] + (ProcessInfo.processInfo.environment["SMPO_ORACLES"].map { [Oracle(folder: $0)] } ?? [])

    /// Harmless differences (threads, another convolution library) give ratios up to 12; planted mistakes 47 and more.
    static let limit = 20.0

    func has(_ name: String) -> Bool { FileContents.exists("\(folder)/\(name)") }
    func file(_ name: String) throws -> Checkpoint { try Checkpoint(safetensors: "\(folder)/\(name)") }
    func json(_ name: String) throws -> JSONCursor {
        JSONCursor(try JSONValue.read("\(folder)/\(name)"), name: name, file: name)
    }

    func unet(_ name: String) throws -> UNet2DConditionModel { try UNet2DConditionModel(path: "\(folder)/\(name)") }

    /// ‖a − b‖ / ‖b‖ in double.
    static func distance(_ a: Tensor, _ b: Tensor) -> Double {
        precondition(a.shape == b.shape, "\(a.shape) and \(b.shape)")
        var (difference, norm) = (0.0, 0.0)
        for (x, y) in zip(a.floats, b.floats) {
            difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
            norm += Double(y) * Double(y)
        }
        return (difference / max(norm, 1e-300)).squareRoot()
    }

    static func integers(_ file: Checkpoint, _ name: String) throws -> [Int] {
        let tensor = try file.tensor(named: name)
        return (0..<tensor.count).map { Int(tensor.bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
    }
}
