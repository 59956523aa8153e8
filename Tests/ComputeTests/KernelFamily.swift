import CCuda
import CKernels

@testable import Compute

/// Kernels that belong together, and a small work that meets every way through them: several chunks, ragged edges, several
/// blocks of a sum, masks.
enum KernelFamily: String, CaseIterable {
    case product, attention, sums, norms, updates, elements, moves, random

    /// The bits of all results, on any device.
    func results(on device: any Device) -> [[UInt32]] {
        let tensors =
            switch self {
            case .product: Self.products(device)
            default: self.tensors(Engine(device: device))
            }
        return tensors.map { $0.floats.map(\.bitPattern) }
    }

    private func tensors(_ engine: Engine) -> [Tensor] {
        switch self {
        case .product: []
        case .attention: Self.attention(engine)
        case .sums: Self.sums(engine)
        case .norms: Self.norms(engine)
        case .updates: Self.updates(engine)
        case .elements: Self.elements(engine)
        case .moves: Self.moves(engine)
        case .random: Self.random(engine)
        }
    }

    /// On `cuda` by both ways of adding chunks up, and as the device chooses.
    private static func products(_ device: any Device) -> [Tensor] {
        // Chains of nothing but -0, which begin at +0.
        let zeros = Tensor([Float](repeating: 7, count: 64), shape: [8, 8])
        let (none, minus) = (
            Tensor([Float](repeating: 0, count: 96), shape: [8, 12]),
            Tensor([Float](repeating: -1, count: 96), shape: [12, 8])
        )
        var layout = Product.layout(m: 8, n: 8, k: 12)
        (layout.lda, layout.ldb, layout.ldc) = (12, 8, 8)
        device.run(.product(Product(.matrix, layout, none, minus, to: zeros)))
        return [zeros]
            + CudaProductCase.all.flatMap { product -> [Tensor] in
                func fresh() -> Tensor { Tensor(product.c.floats, shape: product.c.shape) }
                let stated = { (c: Tensor) in
                    Product(
                        .matrix, product.layout, product.a, product.b, to: c, rowBias: product.rowBias,
                        columnBias: product.columnBias)
                }
                let chosen = fresh()
                device.run(.product(stated(chosen)))
                guard let cuda = device as? CudaDevice else { return [chosen, chosen, chosen] }
                return [chosen]
                    + [CudaProductPlan.Adding.turns, .scratch].map { adding in
                        var plan = CudaProductPlan(product.layout, isAligned: (true, true), multiprocessors: 4)
                        if plan.chunks > 1 { plan.adding = adding }
                        let found = cuda.tensor(product.c.shape)
                        cuda.write(product.c.bytes, to: found.storage, at: 0)
                        var work = cu_product()
                        work.c = cuda.write(found)
                        work.bias_row = product.rowBias.map(cuda.read)
                        work.bias_column = product.columnBias.map(cuda.read)
                        cuda.run(plan, work, cuda.read(product.a), cuda.read(product.b))
                        return found
                    }
            }
    }

    private static func attention(_ engine: Engine) -> [Tensor] {
        [(130, 77, 40, false), (70, 300, 80, false), (300, 300, 64, true), (66, 70, 13, false)].flatMap {
            (queries: Int, keys: Int, width: Int, causal: Bool) -> [Tensor] in
            let (q, k) = (Samples.tensor([1, queries, 2 * width], 61), Samples.tensor([1, keys, 2 * width], 62))
            let (v, gradient) = (Samples.tensor(k.shape, 63), Samples.tensor(q.shape, 64))
            let (o, statistics) = engine.attention(q, k, v, heads: 2, causal: causal)
            let back = engine.attentionBackward(
                gradient, q, k, v, o: o, statistics: statistics, heads: 2, causal: causal)
            return [o, statistics, back.dq, back.dk, back.dv]
        } + [engine.softmax(Samples.tensor([3, 77], 65)), engine.softmax(Samples.tensor([1, 5000], 66))]
    }

    private static func sums(_ engine: Engine) -> [Tensor] {
        func result(_ shape: [Int], _ operation: (Tensor) -> Operation) -> Tensor {
            let result = engine.tensor(shape)
            engine.device.run(operation(result))
            return result
        }
        let (long, rows, others) = (
            Samples.spread([70_000], 61), Samples.spread([5, 7, 1000], 62), Samples.spread([5, 7, 1000], 63)
        )
        let tall = Samples.spread([2, 600, 70], 64)
        return [
            result([]) { .sum(long, to: $0) }, result([]) { .sumOfSquares(long, to: $0) },
            result([5, 7]) { .planeSums(rows, to: $0) }, result([5]) { .meanSquaredDistances(rows, others, to: $0) },
        ]
            + [70].map { width in
                let sums = Samples.spread([width], 65)
                engine.device.run(.columnSums(tall, into: sums))
                return sums
            }
    }

    private static func norms(_ engine: Engine) -> [Tensor] {
        [([2, 6, 3, 50], 3), ([2, 24, 33, 41], 1)].flatMap { (shape: [Int], groups: Int) -> [Tensor] in
            let (x, dy) = (Samples.spread(shape, 70), Samples.spread(shape, 71))
            let channels = (72..<76).map { Samples.spread([shape[1]], $0) }
            let (y, statistics) = engine.groupNorm(
                x, groups: groups, weight: channels[0], bias: channels[1], eps: 1e-5, silu: true)
            let dx = engine.groupNormBackward(
                dy, x: x, groups: groups, weight: channels[0], bias: channels[1], statistics: statistics,
                dweight: channels[2], dbias: channels[3], silu: true)
            return [y, statistics, dx, channels[2], channels[3]]
        }
            + [[2, 9, 17], [1, 300, 32], [1, 3, 8200]].flatMap { (shape: [Int]) -> [Tensor] in
                let (x, dy) = (Samples.spread(shape, 76), Samples.spread(shape, 77))
                let widths = (78..<82).map { Samples.spread([shape[2]], $0) }
                let (y, statistics) = engine.layerNorm(x, weight: widths[0], bias: widths[1], eps: 1e-5)
                let dx = engine.layerNormBackward(
                    dy, x: x, weight: widths[0], statistics: statistics, dweight: widths[2], dbias: widths[3])
                return [y, statistics, dx, widths[2], widths[3]]
            }
    }

    private static func updates(_ engine: Engine) -> [Tensor] {
        func positive(_ shape: [Int], _ seed: UInt64) -> Tensor {
            Tensor(Samples.spread(shape, seed).floats.map { abs($0) }, shape: shape)
        }
        let (p, m, v) = (Samples.spread([1023], 83), Samples.spread([1023], 84), positive([1023], 85))
        let (g, average) = (Samples.spread([1023], 86), Samples.spread([1023], 87))
        engine.adamWInPlace(
            parameter: p, firstMoment: m, secondMoment: v, gradient: g,
            AdamWConstants(
                decay: 0.9999, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001, rootCorrection2: 0.0316,
                eps: 1e-8, step: 0.001))
        engine.movingAverageInPlace(average, parameter: p, decay: 0.9995)
        let constants = AdafactorConstants(
            decay: 0.4257, oneMinusDecay: 0.5743, eps: 1e-30, clipThreshold: 1, rate: 3e-3, weightDecay: 3e-5)
        return [p, m, v, average]
            + [[9, 5, 5], [4, 255, 20], [2, 257, 70]].flatMap { (shape: [Int]) -> [Tensor] in
                let x = Samples.spread(shape, 88)
                let (rows, columns) = (positive([shape[0], shape[1]], 89), positive([shape[0], shape[2]], 90))
                engine.adafactorInPlace(
                    parameter: x, rowMeans: rows, columnMeans: columns, gradient: Samples.spread(shape, 91), constants)
                return [x, rows, columns]
            }
    }

    private static func elements(_ engine: Engine) -> [Tensor] {
        let (a, b) = (Samples.spread([5001], 1), Samples.spread([5001], 2))
        let (wide, narrow) = (Samples.spread([5, 128], 3), Samples.spread([5, 64], 4))
        return [Activation.silu, .gelu, .quickGELU].flatMap {
            [engine.apply($0, a), engine.applyBackward($0, b, x: a)]
        } + [
            engine.add(a, b), engine.subtract(a, b), engine.multiply(a, b), engine.scale(a, by: 0.3),
            engine.blend(a, 0.3, b, -0.7), engine.geglu(wide), engine.gegluBackward(narrow, x: wide),
        ]
    }

    private static func moves(_ engine: Engine) -> [Tensor] {
        let (x, large) = (Samples.spread([2, 3, 40, 70], 5), Samples.spread([2, 3, 80, 140], 6))
        return [
            engine.transposed(Samples.spread([2, 40, 70], 7)), engine.upsampledNearest(x, height: 80, width: 140),
            engine.upsampledNearestBackward(large, inputShape: [2, 3, 40, 70]),
        ]
    }

    private static func random(_ engine: Engine) -> [Tensor] {
        let stream = RandomStream(seed: 0xfedc_ba98_7654_3210, .sampler, step: 77)
        return RandomDistribution.allCases.map { engine.drawn($0, stream, start: 3, shape: [1003]) }
    }
}
