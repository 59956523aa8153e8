/// What is made of matrix products.
extension KnownAnswer {
    static let products: [KnownAnswer] = [
        KnownAnswer("matmul", "cac2f5837a1b0842") { e in
            let (a, b) = (Samples.spread([147, 300], 201), Samples.spread([300, 83], 202))
            let (at, bt) = (Samples.spread([300, 147], 203), Samples.spread([83, 300], 204))
            return [
                e.matmul(a, b), e.matmul(a, bt, .none, .transposed), e.matmul(at, b, .transposed, .none),
                e.matmul(at, bt, .transposed, .transposed),
            ]
        },
        KnownAnswer("batched matmul", "bd767e8c1746cb78") { e in
            [e.matmul(Samples.spread([3, 5, 31, 70], 205), Samples.spread([3, 5, 70, 37], 206))]
        },
        KnownAnswer("linear", "b4283dfd16adab3c") { e in
            let (x, w) = (Samples.spread([3, 67, 90], 207), Samples.spread([71, 90], 208))
            let (bias, dw) = (Samples.spread([71], 209), Samples.spread([71, 90], 210))
            let (y, db) = (e.linear(x, weight: w, bias: bias), bias.copy())
            e.accumulateLinearWeightGradient(y, x, into: dw)
            e.accumulateColumnSums(y, into: db)
            return [y, e.linearInputGradient(y, weight: w), dw, db]
        },
    ]

    static let convolutions: [KnownAnswer] = [
        (3, ConvolutionGeometry(padding: 1), "3c8e6631cbeaf804"),
        (3, ConvolutionGeometry(stride: 2, top: 0, bottom: 1, left: 0, right: 1), "4c2021dec7d00c01"),
        (1, ConvolutionGeometry(), "32272ceb4b6ebb3c"),
    ].map { kernel, geometry, digest in
        KnownAnswer("convolution \(kernel), stride \(geometry.stride)", digest) { e in
            let (x, w) = (Samples.spread([2, 13, 27, 23], 211), Samples.spread([29, 13, kernel, kernel], 212))
            let (bias, dw) = (Samples.spread([29], 213), Samples.spread(w.shape, 214))
            let (y, db) = (e.convolution(x, weight: w, bias: bias, geometry), bias.copy())
            e.accumulateConvolutionWeightGradient(y, x, into: dw, geometry)
            e.accumulateChannelSums(y, into: db)
            return [y, e.convolutionInputGradient(y, weight: w, inputShape: x.shape, geometry), dw, db]
        }
    }

    static let attentions: [KnownAnswer] = [(false, "0c7d9f357305c157"), (true, "bffbe9053047bb9c")].map {
        causal, digest in
        KnownAnswer(causal ? "causal attention" : "attention", digest) { e in
            let keys = causal ? 275 : 77
            let (q, k) = (Samples.tensor([2, 275, 24], 225), Samples.tensor([2, keys, 24], 226))
            let (v, gradient) = (Samples.tensor([2, keys, 24], 227), Samples.tensor([2, 275, 24], 228))
            let (o, statistics) = e.attention(q, k, v, heads: 3, causal: causal)
            let back = e.attentionBackward(
                gradient, q, k, v, o: o, statistics: statistics, heads: 3, causal: causal)
            return [o, statistics, back.dq, back.dk, back.dv]
        }
    }
}
