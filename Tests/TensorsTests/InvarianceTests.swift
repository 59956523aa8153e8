import Digests
import Tensors
import Testing

/// One digest an operation over all instruction sets of this CPU × 1, 2, 3 and 7 workers, on shapes large enough to be
/// shared among workers. The digests are written down, so debug and release builds and other machines are held to the
/// same bits; a change here is a new numerics contract.
@Suite struct InvarianceTests {
    /// An operation on fixed inputs.
    struct Operation: Sendable, CustomTestStringConvertible {
        let name: String
        let digest: String
        let run: @Sendable (Engine) -> [Tensor]
        var testDescription: String { name }

        init(_ name: String, _ digest: String, _ run: @escaping @Sendable (Engine) -> [Tensor]) {
            (self.name, self.digest, self.run) = (name, digest, run)
        }
    }

    @Test(arguments: operations) func oneDigest(_ operation: Operation) {
        for engine in engines(workers: [1, 2, 3, 7]) {
            var stream = SHA256Stream()
            for tensor in operation.run(engine) {
                #expect(engine.firstNonFinite(tensor) == nil)
                stream.update(tensor.bytes)
            }
            let found = stream.finalize().hex.prefix(16)
            #expect(found == operation.digest, "\(engine.isa), \(engine.pool.workers) workers")
            engine.stop()
        }
    }

    static let operations = products + convolutions + normalizations + attentions + elementwise + moves

    static let products = [
        Operation("matmul", "cac2f5837a1b0842") { e in
            let (a, b) = (Samples.spread([147, 300], 201), Samples.spread([300, 83], 202))
            let (at, bt) = (Samples.spread([300, 147], 203), Samples.spread([83, 300], 204))
            return [
                e.matmul(a, b), e.matmul(a, bt, .none, .transposed), e.matmul(at, b, .transposed, .none),
                e.matmul(at, bt, .transposed, .transposed),
            ]
        },
        Operation("batched matmul", "bd767e8c1746cb78") { e in
            [e.matmul(Samples.spread([3, 5, 31, 70], 205), Samples.spread([3, 5, 70, 37], 206))]
        },
        Operation("linear", "b4283dfd16adab3c") { e in
            let (x, w) = (Samples.spread([3, 67, 90], 207), Samples.spread([71, 90], 208))
            let (bias, dw) = (Samples.spread([71], 209), Samples.spread([71, 90], 210))
            let (y, db) = (e.linear(x, weight: w, bias: bias), bias.copy())
            e.accumulateLinearWeightGradient(y, x, into: dw)
            e.accumulateColumnSums(y, into: db)
            return [y, e.linearInputGradient(y, weight: w), dw, db]
        },
    ]

    static let convolutions = [
        (3, ConvolutionGeometry(padding: 1), "3c8e6631cbeaf804"),
        (3, ConvolutionGeometry(stride: 2, top: 0, bottom: 1, left: 0, right: 1), "041b2b884bce71b6"),
        (1, ConvolutionGeometry(), "32272ceb4b6ebb3c"),
    ].map { kernel, geometry, digest in
        Operation("convolution \(kernel), stride \(geometry.stride)", digest) { e in
            let (x, w) = (Samples.spread([2, 13, 27, 23], 211), Samples.spread([29, 13, kernel, kernel], 212))
            let (bias, dw) = (Samples.spread([29], 213), Samples.spread(w.shape, 214))
            let (y, db) = (e.convolution(x, weight: w, bias: bias, geometry), bias.copy())
            e.accumulateConvolutionWeightGradient(y, x, into: dw, geometry)
            e.accumulateChannelSums(y, into: db)
            return [y, e.convolutionInputGradient(y, weight: w, inputShape: x.shape, geometry), dw, db]
        }
    }

    static let normalizations = [
        Operation("group normalisation", "f694c6f210fe1a96") { e in
            let (x, dy) = (Samples.spread([2, 12, 21, 19], 215), Samples.spread([2, 12, 21, 19], 216))
            let (w, b) = (Samples.spread([12], 217), Samples.spread([12], 218))
            let (y, statistics) = e.groupNorm(x, groups: 3, weight: w, bias: b, eps: 1e-5)
            let (dw, db) = (w.copy(), b.copy())
            let dx = e.groupNormBackward(
                dy, x: x, groups: 3, weight: w, bias: b, statistics: statistics, dweight: dw, dbias: db)
            return [y, statistics, dx, dw, db]
        },
        Operation("layer normalisation", "4e546f900fe9d7d1") { e in
            let (x, dy) = (Samples.spread([3, 270, 45], 219), Samples.spread([3, 270, 45], 220))
            let (w, b) = (Samples.spread([45], 221), Samples.spread([45], 222))
            let (y, statistics) = e.layerNorm(x, weight: w, bias: b, eps: 1e-5)
            let (dw, db) = (w.copy(), b.copy())
            let dx = e.layerNormBackward(dy, x: x, weight: w, statistics: statistics, dweight: dw, dbias: db)
            return [y, statistics, dx, dw, db]
        },
        Operation("reductions", "382e143563a4240a") { e in
            let (x, y) = (Samples.spread([3, 7001], 223), Samples.spread([3, 7001], 224))
            let sums = [e.sum(x), e.sumOfSquares(y)] + e.meanSquaredDistances(x, y)
            return [
                Tensor(sums, shape: [5]), e.planeSums(x.reshaped([3, 7001, 1])), e.softmax(e.scale(x, by: 0x1p-8)),
            ]
        },
    ]

    static let attentions = [(false, "2a0c9c7bfd9637d8"), (true, "20ed9f1a37e8c177")].map { causal, digest in
        Operation(causal ? "causal attention" : "attention", digest) { e in
            let keys = causal ? 275 : 77
            let (q, k) = (Samples.tensor([2, 275, 24], 225), Samples.tensor([2, keys, 24], 226))
            let (v, gradient) = (Samples.tensor([2, keys, 24], 227), Samples.tensor([2, 275, 24], 228))
            let (o, statistics) = e.attention(q, k, v, heads: 3, causal: causal)
            let back = e.attentionBackward(
                gradient, q, k, v, o: o, statistics: statistics, heads: 3, causal: causal)
            return [o, statistics, back.dq, back.dk, back.dv]
        }
    }

    static let elementwise = [
        Operation("activations", "1c7c6fef8933efc0") { e in
            let (x, dy) = (Samples.spread([40_003], 229), Samples.spread([40_003], 230))
            return [Activation.silu, .gelu, .quickGELU].flatMap { [e.apply($0, x), e.applyBackward($0, dy, x: x)] }
        },
        Operation("geglu", "b50bbc59f859070d") { e in
            let (x, dy) = (Samples.tensor([90, 2 * 301], 231), Samples.tensor([90, 301], 232))
            return [e.geglu(x), e.gegluBackward(dy, x: x)]
        },
        Operation("arithmetic", "a27540f24d95144b") { e in
            let (a, b) = (Samples.spread([3, 5, 2503], 233), Samples.spread([3, 5, 2503], 234))
            return [
                e.add(a, b), e.subtract(a, b), e.multiply(a, b), e.scale(a, by: 0.3), e.blend(a, 0.3, b, 0.7),
                e.addPerChannel(a, Samples.spread([3, 5], 235)), e.addRows(a, Samples.spread([5, 2503], 236)),
            ]
        },
        Operation("updates", "4cef91e1ec8fdad3") { e in
            let (p, m, g) = (
                Samples.spread([40_003], 237), Samples.spread([40_003], 238), Samples.spread([40_003], 239)
            )
            let v = e.multiply(Samples.spread([40_003], 240), Samples.spread([40_003], 240))
            let average = p.copy()
            let constants = AdamWConstants(
                decay: 0.9999, oneMinusBeta1: 0.1, beta2: 0.999, oneMinusBeta2: 0.001, rootCorrection2: 0.0316,
                eps: 1e-8, step: 0.001)
            e.adamWInPlace(parameter: p, firstMoment: m, secondMoment: v, gradient: g, constants)
            e.movingAverageInPlace(average, parameter: p, decay: 0.999)
            return [p, m, v, average]
        },
    ]

    static let moves = [
        Operation("layout", "fa2c8afd34cbbbeb") { e in
            let x = Samples.spread([3, 7, 33, 41], 241)
            let up = e.upsampledNearest(x, height: 65, width: 82)
            return [
                e.transposed(x.reshaped([3, 7, 33 * 41])), up, e.upsampledNearestBackward(up, inputShape: x.shape),
                e.concatenated(x, e.channels(2..<5, of: x)),
            ]
        },
        Operation("embedding", "a1c399904c86f23f") { e in
            let ids = (0..<400).map { $0 * $0 % 37 }
            let (table, sum) = (Samples.spread([37, 50], 242), Samples.spread([37, 50], 243))
            let y = e.embedding(ids, table: table, shape: [4, 100])
            e.accumulateEmbeddingGradient(y, ids: ids, into: sum)
            return [y, sum]
        },
    ]
}
