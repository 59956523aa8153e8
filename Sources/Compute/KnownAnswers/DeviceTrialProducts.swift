/// What is made of products: each kernel by itself.
extension DeviceTrial {
    private static let addings: [CudaProductPlan.Adding] = [.turns, .scratch]

    /// In each tile, for each pair of ways that has a kernel, two chunks come together in turns and apart. Extents go beyond
    /// a tile's.
    static let products: [DeviceTrial] = CudaProductPlan.Tile.allCases.flatMap { tile in
        CudaProductPlan.Way.allCases.flatMap { a in
            CudaProductPlan.Way.allCases.filter { tile.takes(a, $0) }.map { b in
                DeviceTrial("product, \(tile) tiles by \(a) and \(b)") { e in
                    // Matrices that are fetched best in these ways, or have no better ones.
                    let (turnsA, turnsB) = (a == .i4 || a == .i1, b == .k4 || b == .k1)
                    let x = Samples.spread(turnsA ? [260, 132] : [132, 260], 301)
                    let y = Samples.spread(turnsB ? [68, 260] : [260, 68], 302)
                    return addings.flatMap { adding in
                        e.results(by: CudaChoice(tile: tile, ways: (a, b), adding: adding)) {
                            [e.matmul(x, y, turnsA ? .transposed : .none, turnsB ? .transposed : .none)]
                        }
                    }
                }
            }
        }
    }

    /// Tables of taps, biases, sums that are there, samples and turned weights in each tile.
    static let convolutions: [DeviceTrial] = CudaProductPlan.Tile.allCases.map { tile in
        DeviceTrial("layers, \(tile) tiles") { e in
            let same = ConvolutionGeometry(padding: 1)
            // 2,112 columns, for which a weight is turned, and 72, for which none is.
            let (x, small) = (Samples.spread([2, 4, 33, 32], 303), Samples.spread([1, 4, 9, 8], 304))
            let (w, bias, dw) = (
                Samples.spread([36, 4, 3, 3], 305), Samples.spread([36], 306), Samples.spread([36, 4, 3, 3], 307)
            )
            // 132 rows of a turned weight, of one of its taps, of two, of four.
            let (dy, wide) = (Samples.spread([1, 4, 17, 16], 308), Samples.spread([4, 132, 3, 3], 309))
            let halves = ConvolutionGeometry(stride: 2, padding: 1)
            let (rows, dRows) = (Samples.spread([2, 258, 68], 310), Samples.spread([2, 258, 132], 311))
            let (linear, dLinear) = (Samples.spread([132, 68], 312), Samples.spread([132, 68], 313))
            return e.results(by: CudaChoice(tile: tile)) {
                let y = e.convolution(x, weight: w, bias: bias, same)
                e.accumulateConvolutionWeightGradient(y, x, into: dw, same)
                e.accumulateLinearWeightGradient(dRows, rows, into: dLinear)
                return [
                    y, dw, dLinear, e.convolution(small, weight: w, bias: bias, same),
                    e.convolutionInputGradient(
                        dy, weight: wide, inputShape: [1, 132, 34, 32], halves),
                    e.linear(rows, weight: linear, bias: Samples.spread([132], 314)),
                ]
            }
        }
    }

    /// Both ways of each width for which there is a kernel, of another and of one beyond a chunk; the queries whole and in
    /// parts, dS computed twice and kept.
    static let attentions: [DeviceTrial] = [40, 64, 80, 160, 24, 260].map { width in
        DeviceTrial("attention of width \(width)") { e in
            let heads = width > 80 ? 1 : 2
            let (q, gradient) = (
                Samples.tensor([1, 259, heads * width], 315), Samples.tensor([1, 259, heads * width], 316)
            )
            let (k, v) = (Samples.tensor([1, 67, heads * width], 317), Samples.tensor([1, 67, heads * width], 318))
            let (o, statistics) = e.attention(q, k, v, heads: heads)
            let backs = [(true, 1), (false, 0)].flatMap { cuts, count in
                e.results(by: CudaChoice(cutsQueries: cuts, headsAtOnce: count)) {
                    let back = e.attentionBackward(gradient, q, k, v, o: o, statistics: statistics, heads: heads)
                    return [back.dq, back.dk, back.dv]
                }
            }
            let causal = e.attention(k, k, v, heads: heads, causal: true)
            let back = e.attentionBackward(
                v, k, k, v, o: causal.o, statistics: causal.statistics, heads: heads, causal: true)
            return [o, statistics] + backs + [causal.o, causal.statistics, back.dq, back.dk, back.dv]
        }
    }
}
