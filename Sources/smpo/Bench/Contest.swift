import Compute
import Foundation

/// One piece of work done by both sides.
struct Contest {
    /// The kind of work.
    enum Kind: String, CaseIterable {
        case product
        case convolution
    }

    let kind: Kind
    let name: String
    let flop: Int
    /// Terms of one output.
    let inner: Int
    let ours: () -> Tensor
    let theirs: () -> Tensor

    /// y = x·Wᵀ.
    init(_ shape: ProductShape, engine: Engine) {
        let (x, w) = (Contest.numbers([shape.m, shape.k], 1), Contest.numbers([shape.n, shape.k], 2))
        let openblas = engine.on(.openblas)
        (kind, flop, inner) = (.product, shape.flop, shape.k)
        name = "\(shape.name): \(shape.m) × \(shape.n) × \(shape.k)"
        ours = { engine.linear(x, weight: w, bias: nil) }
        theirs = { openblas.linear(x, weight: w, bias: nil) }
    }

    /// Our direct convolution beside the other backend's im2col and sgemm.
    init(_ shape: ConvolutionShape, engine: Engine) {
        let x = Contest.numbers([1, shape.channels, shape.size, shape.size], 3)
        let w = Contest.numbers([shape.out, shape.channels, shape.kernel, shape.kernel], 4)
        let openblas = engine.on(.openblas)
        (kind, flop, inner) = (.convolution, shape.flop, shape.inner)
        name = "\(shape.name): \(shape.channels) → \(shape.out), \(shape.kernel)×\(shape.kernel) on \(shape.size)²"
        ours = { engine.convolution(x, weight: w, bias: nil, shape.geometry) }
        theirs = { openblas.convolution(x, weight: w, bias: nil, shape.geometry) }
    }

    private static func numbers(_ shape: [Int], _ step: Int) -> Tensor {
        RandomStream(seed: 42, .initialization, step: step).normals(shape: shape)
    }

    /// ‖ours − theirs‖ / ‖theirs‖.
    func difference() -> Double {
        let (a, b) = (ours().floats, theirs().floats)
        var (distance, size) = (0.0, 0.0)
        for (x, y) in zip(a, b) {
            distance += (Double(x) - Double(y)) * (Double(x) - Double(y))
            size += Double(y) * Double(y)
        }
        return (distance / size).squareRoot()
    }

    /// Both sides in turn, `rounds` times; the medians. Short work is repeated until a timing takes five milliseconds.
    func run(rounds: Int, workers: Int) throws -> ContestResult {
        let difference = difference()
        // Two sums of n terms in different orders differ by about √n roundings: n of them is a mistake.
        let limit = Double(inner) * 0x1p-24
        guard difference <= limit else { throw ContestError(name: name, difference: difference, limit: limit) }
        let once = max(time(1, ours), time(1, theirs), .nanoseconds(1))
        let repeats = max(1, Int((Duration.milliseconds(5) / once).rounded(.up)))
        var (mine, other): ([Duration], [Duration]) = ([], [])
        for _ in 0..<rounds {
            mine.append(alone(workers, repeats, ours) / repeats)
            other.append(alone(workers, repeats, theirs) / repeats)
        }
        return ContestResult(
            kind: kind, name: name, flop: flop, workers: workers, ours: median(mine), theirs: median(other),
            difference: difference)
    }

    /// With several workers the other side's threads still watch for work, OpenBLAS's for 20 ms at 3 GHz, and take the
    /// cores that this side needs: it waits for them to sleep, and wakes its own by a run that does not count.
    private func alone(_ workers: Int, _ repeats: Int, _ body: () -> Tensor) -> Duration {
        if workers > 1 {
            usleep(40_000)
            _ = body()
        }
        return time(repeats, body)
    }

    private func time(_ repeats: Int, _ body: () -> Tensor) -> Duration {
        ContinuousClock().measure { for _ in 0..<repeats { _ = body() } }
    }

    private func median(_ times: [Duration]) -> Duration {
        let sorted = times.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

/// Both sides computed the same product and got different numbers.
struct ContestError: Error, CustomStringConvertible {
    let name: String
    let difference: Double
    let limit: Double

    var description: String {
        "\(name): the reference kernels and OpenBLAS disagree: relative distance \(difference), "
            + "expected at most \(limit); one of them computes wrongly here"
    }
}

/// Median times of one contest.
struct ContestResult {
    let kind: Contest.Kind
    let name: String
    let flop: Int
    let workers: Int
    let ours: Duration
    let theirs: Duration
    /// ‖ours − theirs‖ / ‖theirs‖.
    let difference: Double

    /// The speed as a multiple of OpenBLAS's.
    var ratio: Double { theirs / ours }
    func gigaflops(_ time: Duration) -> Double { Double(flop) / (time / .nanoseconds(1)) }
}
