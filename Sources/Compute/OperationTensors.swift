/// The tensors of an operation: for who has to know where they lie, or runs the operation somewhere else.
extension Operation {
    /// The same operation with other tensors: `change` is asked once for each place where a tensor stands, and must give one
    /// of the same shape and type. A tensor that stands in two places, as that of an operation in place, is asked for twice.
    package func mapping(_ change: (Tensor) -> Tensor) -> Operation {
        switch self {
        case .product(let product): .product(product.mapping(change))
        case .attention(let x, let o, let statistics):
            .attention(x.mapping(change), to: change(o), statistics: change(statistics))
        case .attentionBackward(let x, let gradients): .attentionBackward(x.mapping(change), gradients.mapping(change))
        case .softmaxRows(let x): .softmaxRows(change(x))
        case .groupNorm(let x, let y, let statistics):
            .groupNorm(x.mapping(change), to: change(y), statistics: change(statistics))
        case .groupNormBackward(let x, let gradients): .groupNormBackward(x.mapping(change), gradients.mapping(change))
        case .layerNorm(let x, let y, let statistics):
            .layerNorm(x.mapping(change), to: change(y), statistics: change(statistics))
        case .layerNormBackward(let x, let gradients): .layerNormBackward(x.mapping(change), gradients.mapping(change))
        case .activation(let activation, let x, let y): .activation(activation, change(x), to: change(y))
        case .activationBackward(let activation, let dy, let x, let dx):
            .activationBackward(activation, dy: change(dy), x: change(x), to: change(dx))
        case .function(let function, let x, let y): .function(function, change(x), to: change(y))
        case .geglu(let x, let y): .geglu(change(x), to: change(y))
        case .gegluBackward(let dy, let x, let dx): .gegluBackward(dy: change(dy), x: change(x), to: change(dx))
        case .arithmetic(let function, let a, let b, let y): .arithmetic(function, change(a), change(b), to: change(y))
        case .scale(let x, let factor, let y): .scale(change(x), factor, to: change(y))
        case .blend(let a, let alpha, let b, let beta, let y): .blend(change(a), alpha, change(b), beta, to: change(y))
        case .addPerChannel(let x, let e, let y): .addPerChannel(change(x), change(e), to: change(y))
        case .addRows(let x, let rows, let y): .addRows(change(x), change(rows), to: change(y))
        case .perSample(let formula, let a, let b, let y): .perSample(formula, change(a), change(b), to: change(y))
        case .sum(let x, let y): .sum(change(x), to: change(y))
        case .sumOfSquares(let x, let y): .sumOfSquares(change(x), to: change(y))
        case .meanSquaredDistances(let x, let y, let means):
            .meanSquaredDistances(change(x), change(y), to: change(means))
        case .planeSums(let x, let y): .planeSums(change(x), to: change(y))
        case .columnSums(let x, let sums): .columnSums(change(x), into: change(sums))
        case .channelSums(let x, let sums): .channelSums(change(x), into: change(sums))
        case .firstNonFinite(let x, let place): .firstNonFinite(change(x), to: change(place))
        case .cosines(let a, let b, let pairs, let found): .cosines(change(a), change(b), pairs, to: change(found))
        case .cosineGradients(let a, let b, let pulls, let sum):
            .cosineGradients(change(a), change(b), pulls, into: change(sum))
        case .fill(let x, let value): .fill(change(x), value)
        case .copy(let x, let y): .copy(change(x), to: change(y))
        case .copyBlocks(let x, let blocks, let y): .copyBlocks(change(x), blocks, to: change(y))
        case .gatherRows(let x, let rows, let y): .gatherRows(change(x), rows, to: change(y))
        case .scatterRows(let x, let rows, let y): .scatterRows(change(x), rows, to: change(y))
        case .accumulateRows(let x, let rows, let sum): .accumulateRows(change(x), rows, into: change(sum))
        case .transpose(let x, let y): .transpose(change(x), to: change(y))
        case .pad(let x, let top, let left, let y): .pad(change(x), top: top, left: left, to: change(y))
        case .interleave(let x, let row, let column, let stride, let y):
            .interleave(change(x), row: row, column: column, stride: stride, to: change(y))
        case .patches(let x, let edge, let y): .patches(change(x), edge: edge, to: change(y))
        case .assemblePatches(let patches, let edge, let x):
            .assemblePatches(change(patches), edge: edge, to: change(x))
        case .upsample(let x, let y): .upsample(change(x), to: change(y))
        case .upsampleBackward(let dy, let dx): .upsampleBackward(change(dy), to: change(dx))
        case .draw(let distribution, let stream, let start, let y):
            .draw(distribution, stream, start: start, to: change(y))
        case .adamW(let constants, let parameter, let first, let second, let gradient):
            .adamW(
                constants, parameter: change(parameter), first: change(first), second: change(second),
                gradient: change(gradient))
        case .adafactor(let constants, let parameter, let rows, let columns, let gradient):
            .adafactor(
                constants, parameter: change(parameter), rows: change(rows), columns: change(columns),
                gradient: change(gradient))
        case .adafactorWhole(let constants, let parameter, let squares, let gradient):
            .adafactorWhole(
                constants, parameter: change(parameter), squares: change(squares), gradient: change(gradient))
        case .gradientDescent(let constants, let parameter, let sum, let gradient):
            .gradientDescent(
                constants, parameter: change(parameter), sum: sum.map(change), gradient: change(gradient))
        case .movingAverage(let average, let parameter, let decay):
            .movingAverage(change(average), of: change(parameter), decay: decay)
        }
    }

    /// The tensors whose values the operation needs: what it reads, and what it adds to or writes in part.
    package var inputs: [Tensor] {
        switch self {
        case .product(let product):
            [product.a, product.b] + [product.rowBias, product.columnBias].compactMap(\.self)
                + (product.writesWholeResult ? [] : [product.c])
        case .attention(let x, _, _): [x.q, x.k, x.v]
        case .attentionBackward(let x, let gradients):
            [x.q, x.k, x.v, gradients.gradient, gradients.o, gradients.statistics]
        case .groupNorm(let x, _, _), .layerNorm(let x, _, _): [x.x, x.weight, x.bias]
        case .groupNormBackward(let x, let gradients), .layerNormBackward(let x, let gradients):
            [x.x, x.weight, x.bias, gradients.dy, gradients.statistics]
                + [gradients.dweight, gradients.dbias].compactMap(\.self)
        case .activation(_, let x, _), .function(_, let x, _), .geglu(let x, _), .scale(let x, _, _), .sum(let x, _),
            .sumOfSquares(let x, _),
            .planeSums(let x, _), .firstNonFinite(let x, _), .softmaxRows(let x), .copy(let x, _),
            .gatherRows(let x, _, _), .transpose(let x, _), .pad(let x, _, _, _), .patches(let x, _, _),
            .upsample(let x, _), .upsampleBackward(let x, _):
            [x]
        case .activationBackward(_, let a, let b, _), .gegluBackward(let a, let b, _), .arithmetic(_, let a, let b, _),
            .blend(let a, _, let b, _, _), .addPerChannel(let a, let b, _), .addRows(let a, let b, _),
            .perSample(_, let a, let b, _), .meanSquaredDistances(let a, let b, _), .cosines(let a, let b, _, _),
            .columnSums(let a, let b), .channelSums(let a, let b), .copyBlocks(let a, _, let b),
            .scatterRows(let a, _, let b), .accumulateRows(let a, _, let b), .interleave(let a, _, _, _, let b),
            .assemblePatches(let a, _, let b), .movingAverage(let b, let a, _):
            [a, b]
        case .cosineGradients(let a, let b, _, let sum): [a, b, sum]
        case .fill, .draw: []
        case .adamW(_, let parameter, let first, let second, let gradient): [parameter, first, second, gradient]
        case .adafactor(_, let parameter, let rows, let columns, let gradient): [parameter, rows, columns, gradient]
        case .adafactorWhole(_, let parameter, let squares, let gradient): [parameter, squares, gradient]
        case .gradientDescent(_, let parameter, let sum, let gradient):
            [parameter, gradient] + [sum].compactMap(\.self)
        }
    }

    /// The tensors that the operation writes.
    package var results: [Tensor] {
        switch self {
        case .product(let product): [product.c]
        case .attention(_, let o, let statistics): [o, statistics]
        case .attentionBackward(_, let gradients): [gradients.dq, gradients.dk, gradients.dv]
        case .groupNorm(_, let y, let statistics), .layerNorm(_, let y, let statistics): [y, statistics]
        case .groupNormBackward(_, let gradients), .layerNormBackward(_, let gradients):
            [gradients.dx] + [gradients.dweight, gradients.dbias].compactMap(\.self)
        case .softmaxRows(let y), .activation(_, _, let y), .function(_, _, let y), .draw(_, _, _, let y),
            .activationBackward(_, _, _, let y), .geglu(_, let y),
            .gegluBackward(_, _, let y), .arithmetic(_, _, _, let y), .scale(_, _, let y), .blend(_, _, _, _, let y),
            .addPerChannel(_, _, let y), .addRows(_, _, let y), .perSample(_, _, _, let y), .sum(_, let y),
            .sumOfSquares(_, let y), .meanSquaredDistances(_, _, let y), .planeSums(_, let y), .columnSums(_, let y),
            .channelSums(_, let y), .firstNonFinite(_, let y), .cosines(_, _, _, let y),
            .cosineGradients(_, _, _, let y), .fill(let y, _), .copy(_, let y), .copyBlocks(_, _, let y),
            .gatherRows(_, _, let y), .scatterRows(_, _, let y), .accumulateRows(_, _, let y), .transpose(_, let y),
            .pad(_, _, _, let y), .interleave(_, _, _, _, let y), .patches(_, _, let y), .assemblePatches(_, _, let y),
            .upsample(_, let y), .upsampleBackward(_, let y), .movingAverage(let y, _, _):
            [y]
        case .adamW(_, let parameter, let first, let second, _): [parameter, first, second]
        case .adafactor(_, let parameter, let rows, let columns, _): [parameter, rows, columns]
        case .adafactorWhole(_, let parameter, let squares, _): [parameter, squares]
        case .gradientDescent(_, let parameter, let sum, _): [parameter] + [sum].compactMap(\.self)
        }
    }
}

extension Product {
    fileprivate func mapping(_ change: (Tensor) -> Tensor) -> Product {
        Product(
            kind, layout, change(a), change(b), to: change(c), rowBias: rowBias.map(change),
            columnBias: columnBias.map(change))
    }

    /// Whether each element of the result's tensor is written and none is added to.
    fileprivate var writesWholeResult: Bool {
        layout.accumulate == 0 && Int(layout.m * layout.n * layout.batch_outer * layout.batch_inner) == c.count
    }
}

extension Attention {
    fileprivate func mapping(_ change: (Tensor) -> Tensor) -> Attention {
        Attention(change(q), change(k), change(v), heads: heads, causal: causal)
    }
}

extension AttentionGradients {
    fileprivate func mapping(_ change: (Tensor) -> Tensor) -> AttentionGradients {
        AttentionGradients(
            gradient: change(gradient), o: change(o), statistics: change(statistics), dq: change(dq), dk: change(dk),
            dv: change(dv))
    }
}

extension Normalization {
    fileprivate func mapping(_ change: (Tensor) -> Tensor) -> Normalization {
        Normalization(
            x: change(x), weight: change(weight), bias: change(bias), groups: groups, eps: eps, silu: silu)
    }
}

extension NormalizationGradients {
    fileprivate func mapping(_ change: (Tensor) -> Tensor) -> NormalizationGradients {
        NormalizationGradients(
            dy: change(dy), statistics: change(statistics), dweight: dweight.map(change), dbias: dbias.map(change),
            dx: change(dx))
    }
}
