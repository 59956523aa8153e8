import CKernels

/// The distances of the numbers of one tensor from those of another of the same shape. Sums, maxima and means of
/// |a − b| are over the pairs of finite numbers; what is not finite is counted by itself.
package struct TensorMeasures: Sendable, Equatable {
    /// The worst element by one measure.
    package struct Worst<Amount: Sendable & Equatable>: Sendable, Equatable {
        /// The distance.
        package var amount: Amount
        /// The first element that is so far, counted row-major.
        package var index: Int
        /// Its number on the left and on the right, as texts; NaN with its bits.
        package var left = "", right = ""
    }

    /// Pairs of numbers.
    package internal(set) var count = 0
    /// The numbers of an element: two of a complex one.
    var numbersPerElement = 1
    /// Elements of two numbers of which one or both are unequal.
    var unequalPairs = 0
    /// Those with other bits, or, where the types are two, other values.
    package internal(set) var unequal = 0
    /// Those of them that are −0 and +0.
    package internal(set) var zeroSigns = 0
    /// Those of them that are both NaN.
    package internal(set) var nanPayloads = 0
    /// NaN on the right side only; on the left side only.
    package internal(set) var nanGained = 0, nanLost = 0
    /// Infinite on the right side only; on the left side only.
    package internal(set) var infGained = 0, infLost = 0
    /// Neither is zero, and their signs differ.
    package internal(set) var signFlips = 0
    /// Beyond the tolerance.
    package internal(set) var outside = 0
    /// Elements of the left side that, rounded to the right side's narrower type, are those of the right side.
    package internal(set) var rounded = 0
    /// Largest distance in units of the last place (of the type, or of Float32 or Float64 where the types are two):
    /// neighbours are 1 apart, −0 and +0 are 1 apart, NaN to NaN 0, NaN to a number `UInt64.max`. Of two integers it is
    /// |a − b|, at most `UInt64.max - 1`.
    package internal(set) var maxULP = Worst(amount: UInt64(0), index: 0)
    /// Largest |a − b|, rounded to Float64; which element it is of was decided before rounding where both are integers.
    package internal(set) var maxAbsolute = Worst(amount: 0.0, index: 0)
    /// Pairs by distance: at 0; at 2^(k−1)…2^k − 1 ULP for k in 1…64; NaN to a number.
    package internal(set) var histogram = [Int](repeating: 0, count: Int(CK_ULP_MAX_BIN) + 1)
    /// The distance in ULP that half of the pairs at a distance, and 99 of 100 of them, do not exceed.
    package internal(set) var median: UInt64 = 0, percentile99: UInt64 = 0

    /// Largest |a − b| of integers, not rounded.
    private var maxApart: UInt128 = 0
    private var sumAbsolute = 0.0, rightSquares = 0.0, products = 0.0
    /// Σ (a − b)² and Σ a²: of several tensors they add up.
    private(set) var sumSquares = 0.0, leftSquares = 0.0
    /// What the sums come to, where they were read from a document, which does not have the sums.
    struct Quotients: Sendable, Equatable {
        let meanAbsolute: Double, relativeL2: Double, cosine: Double?
    }
    var quotients: Quotients?

    /// No pairs yet.
    init() {}

    /// Adds what a chunk that follows was found to be. The sums depend on the order and on nothing else.
    mutating func add(_ chunk: ck_difference, count chunkCount: Int) {
        if chunk.max_ulp > maxULP.amount {
            maxULP = Worst(amount: chunk.max_ulp, index: count + Int(chunk.max_ulp_index))
        }
        let apart = UInt128(chunk.max_apart_high) << 64 | UInt128(chunk.max_apart_low)
        if apart > maxApart || chunk.max_abs > maxAbsolute.amount {
            maxApart = apart
            maxAbsolute = Worst(amount: chunk.max_abs, index: count + Int(chunk.max_abs_index))
        }
        count += chunkCount
        unequal += Int(chunk.unequal)
        zeroSigns += Int(chunk.zero_signs)
        nanPayloads += Int(chunk.nan_payloads)
        nanGained += Int(chunk.nan_gained)
        nanLost += Int(chunk.nan_lost)
        infGained += Int(chunk.inf_gained)
        infLost += Int(chunk.inf_lost)
        signFlips += Int(chunk.sign_flips)
        outside += Int(chunk.outside)
        rounded += Int(chunk.rounded)
        sumAbsolute += chunk.sum_abs
        sumSquares += chunk.sum_squares
        leftSquares += chunk.a_squares
        rightSquares += chunk.b_squares
        products += chunk.products
        for (bin, amount) in chunk.counts.enumerated() { histogram[bin] += amount }
    }

    /// Says where the worst elements are in another order of the elements.
    mutating func moveWorst(ulp: Int, absolute: Int) {
        maxULP.index = ulp
        maxAbsolute.index = absolute
    }

    /// The mean of |a − b| over all pairs.
    package var meanAbsolute: Double { quotients?.meanAbsolute ?? (count == 0 ? 0 : sumAbsolute / Double(count)) }
    /// ‖a − b‖ / ‖a‖ (L2): 0 where all finite pairs are equal, infinite where a is zero and b is not.
    package var relativeL2: Double { quotients?.relativeL2 ?? Self.relative(sumSquares, to: leftSquares) }
    /// a·b / (‖a‖·‖b‖); `nil` where one of them is zero.
    package var cosine: Double? {
        if let quotients { return quotients.cosine }
        let size = leftSquares.squareRoot() * rightSquares.squareRoot()
        return size > 0 && size.isFinite ? min(1, max(-1, products / size)) : nil
    }

    /// ‖a − b‖ / ‖a‖ of Σ (a − b)² and Σ a².
    static func relative(_ squares: Double, to leftSquares: Double) -> Double {
        squares == 0 ? 0 : leftSquares == 0 ? .infinity : (squares / leftSquares).squareRoot()
    }

    /// What a relative L2 is ordered by: NaN, of sums beyond Float64, is as far as can be.
    static func rank(of relativeL2: Double) -> Double { relativeL2.isNaN ? .infinity : relativeL2 }

    /// Pairs with other numbers: unequal ones but for zeros of two signs and NaN of two payloads.
    package var unequalNumbers: Int { unequal - zeroSigns - nanPayloads }
    /// Elements: a complex one is two numbers.
    package var elements: Int { count / numbersPerElement }
    /// Elements that are unequal, in one number at least.
    package var unequalElements: Int { numbersPerElement == 1 ? unequal : unequalPairs }
    /// The share of unequal elements.
    package var share: Double { elements == 0 ? 0 : Double(unequalElements) / Double(elements) }
    /// Whether the right side is the left one rounded to its type: nothing else was done to it.
    package var isRounding: Bool { unequal > 0 && rounded == count }
}

extension ck_difference {
    /// The histogram.
    var counts: [Int] {
        withUnsafeBytes(of: histogram) { $0.bindMemory(to: UInt64.self).map(Int.init) }
    }
}
