import Autodiff
import Checkpoints
import Diffusion
import Foundation
import Tensors

/// Numbers computed by PyTorch and diffusers that ours are held against.
struct Oracle {
    let folder: String

    /// The large set, where `SMPO_ORACLES` names it.
    static let large: Oracle? = ProcessInfo.processInfo.environment["SMPO_ORACLES"].map { Oracle(folder: $0) }

    func file(_ name: String) throws -> SafetensorsFile { try SafetensorsFile(path: "\(folder)/\(name)") }

    func unet(_ name: String, engine: Engine) throws -> UNet2DConditionModel {
        let directory = try ModelDirectory(path: "\(folder)/\(name)")
        return try UNet2DConditionModel(
            config: UNetConfig(directory.config), loader: ParameterLoader(source: directory.weights))
    }

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

    static func integers(_ file: SafetensorsFile, _ name: String) throws -> [Int] {
        try file.tensor(named: name).bytes.bindMemory(to: Int64.self).map(Int.init)
    }
}
