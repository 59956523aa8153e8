import Checkpoints
import Compute
import Core

/// A folder of `LatentPairs` with random numbers, to try out sizes: standard normals, captions of the shapes world,
/// random scores, and the label that goes with them. Nothing can be learned from it.
package struct RandomLatents: Sendable {
    /// The number of pairs.
    package let pairs: Int
    /// Planes of a latent.
    package let channels: Int
    /// Height and width of a latent.
    package let size: Int
    /// Where the numbers come from.
    package let seed: UInt64

    /// Pairs of latents [channels, size, size].
    package init(pairs: Int, channels: Int, size: Int, seed: UInt64) {
        precondition(pairs >= 1 && channels >= 1 && size >= 1)
        self.pairs = pairs
        self.channels = channels
        self.size = size
        // A run of the same seed draws its noise from other numbers.
        self.seed = seed ^ 0x6C61_7465_6E74
    }

    /// Writes both files into `folder`, which is made; the numbers as `dtype` (`f32` or `f16`).
    package func write(to folder: String, dtype: DType = .f32) throws {
        precondition(dtype == .f32 || dtype == .f16)
        try FileContents.makeFolder(folder)
        let items = PairSide.allCases.map { (name: LatentPairs.name($0), dtype: dtype, shape: shape) }
        try Safetensors.write(items, to: "\(folder)/\(LatentPairs.fileName)") { side in
            let values = RandomStream(seed: seed, .noise, step: side).normals(shape: shape)
            return dtype == .f16 ? FloatConversion.float16(values) : values
        }
        try AtomicFile.write(try lines(), to: "\(folder)/\(FolderPairs.listName)")
    }

    private var shape: [Int] { [pairs, channels, size, size] }

    private func lines() throws -> String {
        let captions = ShapesSplit.training.captions
        let draws = RandomStream(seed: seed, .votes, step: 0).integers(below: 1000, count: 2 * pairs)
        return try (0..<pairs).map { pair in
            let scores = (draws[2 * pair], draws[2 * pair + 1])
            let isFirst = scores.0 > scores.1
            let line: JSONValue = [
                "caption": .string(captions[pair % captions.count].text), "label_0": isFirst ? 1 : 0,
                "label_1": isFirst ? 0 : 1, "score_0": try RandomLatents.thousandths(scores.0),
                "score_1": try RandomLatents.thousandths(scores.1),
            ]
            return line.canonical + "\n"
        }.joined()
    }

    private static func thousandths(_ value: Int) throws -> JSONValue {
        let digits = String(value)
        return try JSONValue.parse("0." + String(repeating: "0", count: 3 - digits.count) + digits, file: "score")
    }
}
