import Core

/// The parts of a run that can be replayed by themselves: each begins after a checkpoint and ends at the next.
package struct SegmentPlan: Sendable, Equatable {
    /// The parts in order; together they are all steps.
    package let segments: [ClosedRange<Int>]

    /// The parts of a run of `steps` steps with checkpoints after the steps in `checkpoints`.
    package init(steps: Int, checkpoints: [Int]) {
        let ends = Set(checkpoints.filter { (1..<max(1, steps)).contains($0) }).sorted() + (steps > 0 ? [steps] : [])
        segments = zip([0] + ends, ends).map { $0 + 1...$1 }
    }

    /// `count` different segments, chosen by `seed`: the first places of a shuffle whose k-th choice among the n that
    /// remain is the first word of `digest(seed, k, attempt)`, taken modulo n, that is not among the last 2^64 mod n.
    /// - Parameter seed: what nobody who made the run could choose: fixed after its manifest.
    package func draw(_ count: Int, seed: Digest) -> [ClosedRange<Int>] {
        SegmentPlan.draw(count, of: segments.count, seed: seed).map { segments[$0] }
    }

    /// `count` different numbers below `all`, or all of them, in ascending order, chosen as segments are.
    static func draw(_ count: Int, of all: Int, seed: Digest) -> [Int] {
        var rest = Array(0..<all)
        var drawn: [Int] = []
        while drawn.count < count, !rest.isEmpty {
            drawn.append(rest.remove(at: choice(seed, round: drawn.count, among: rest.count)))
        }
        return drawn.sorted()
    }

    private static func choice(_ seed: Digest, round: Int, among count: Int) -> Int {
        let bound = UInt64(count)
        for attempt in 0... {
            let text = "\(seed.hex) \(round) \(attempt)"
            let word = Digest.of(.segmentDraw, text).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            // Words beyond the last multiple of the bound would favour the first choices.
            if word < UInt64.max - UInt64.max % bound { return Int(word % bound) }
        }
        preconditionFailure("unreachable")
    }

    /// The chance that `drawn` different segments of `count` hold at least one wrong one when `wrong` of them are: 1 −
    /// C(count − wrong, drawn) / C(count, drawn).
    package static func chance(drawn: Int, of count: Int, wrong: Int) -> Double {
        guard wrong > 0, drawn > 0 else { return 0 }
        var missed = 1.0
        for index in 0..<min(drawn, count) {
            missed *= Double(max(0, count - wrong - index)) / Double(count - index)
        }
        return 1 - missed
    }

    /// The fewest segments to draw of `count` for a chance of at least `chance` to meet one of `wrong` wrong ones.
    package static func draws(for chance: Double, of count: Int, wrong: Int) -> Int {
        (0...count).first { SegmentPlan.chance(drawn: $0, of: count, wrong: wrong) >= chance } ?? count
    }

    /// The number of wrong segments of `count` that a share of them means: at least one.
    package static func wrong(share: Double, of count: Int) -> Int {
        max(1, Int((share * Double(count)).rounded(.up)))
    }
}
