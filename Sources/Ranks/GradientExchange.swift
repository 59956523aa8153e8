import Core

/// Makes the sum of a step's lanes of what each rank has added of its own: the same bits for every number of ranks.
///
/// Each rank sends the subtrees of its lanes to the owners of the parameters, who add the rest of the tree, in its order,
/// and send the sums to all. With R ranks that divide the lanes a rank sends about 2(R − 1)/R of the gradient's bytes.
package struct GradientExchange {
    /// The ranks.
    package let group: any RankGroup
    /// Which lanes each has.
    package let lanes: LaneDivision
    /// Which parameters each adds up.
    package let owners: ParameterDivision
    /// Bytes of parameters, of an owner, that are on their way at a time: memory beside the gradients is about as many times
    /// this as all ranks have subtrees.
    package let piece: Int

    /// An exchange among `group` of gradients of `lanes` lanes, whose parameters have so many bytes.
    package init(_ group: any RankGroup, lanes: Int, parameterBytes: [Int], piece: Int = 64 << 20) {
        self.group = group
        self.lanes = LaneDivision(lanes: lanes, ranks: group.size)
        owners = ParameterDivision(bytes: parameterBytes, ranks: group.size)
        self.piece = piece
    }

    /// Fills `sum` with the step's gradient.
    /// - Parameters:
    ///   - subtrees: of this rank, from left to right, each with a value for every parameter. They are used up; the memory of
    ///     one of them may serve as `sum`.
    ///   - sum: memory for every parameter.
    ///   - add: adds the second to the first, one Float32 addition an element.
    /// - Throws: `RankError`.
    package func exchange(
        _ subtrees: [[UnsafeMutableRawBufferPointer]], into sum: [UnsafeMutableRawBufferPointer],
        adding add: (_ left: UnsafeMutableRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Void
    ) throws {
        precondition(subtrees.count == lanes.subtrees(of: group.rank).count)
        let batches = owners.owned.map { self.batches(of: $0, sum.map(\.count)) }
        for round in 0..<(batches.map(\.count).max() ?? 0) {
            let asked = batches.map { round < $0.count ? $0[round] : 0..<0 }
            try gather(subtrees, asked, into: sum, add)
            try spread(asked, sum)
        }
    }

    /// Runs of whole parameters of at most `piece` bytes, or of one that has more.
    private func batches(of parameters: Range<Int>, _ bytes: [Int]) -> [Range<Int>] {
        var (batches, from, size) = ([Range<Int>](), parameters.lowerBound, 0)
        for index in parameters {
            if index > from && size + bytes[index] > piece {
                batches.append(from..<index)
                (from, size) = (index, 0)
            }
            size += bytes[index]
        }
        if from < parameters.upperBound { batches.append(from..<parameters.upperBound) }
        return batches
    }

    /// The owners get all subtrees of their parameters `asked`, and add them.
    private func gather(
        _ subtrees: [[UnsafeMutableRawBufferPointer]], _ asked: [Range<Int>],
        into sum: [UnsafeMutableRawBufferPointer],
        _ add: (UnsafeMutableRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) throws {
        let own = group.rank
        let sendings = others.flatMap { owner in
            subtrees.flatMap { tree in asked[owner].map { Sending(to: owner, UnsafeRawBufferPointer(tree[$0])) } }
        }
        // Where the parameters asked of this rank begin in each subtree's memory.
        let counts = asked[own].map { (sum[$0].count + 63) & ~63 }
        let size = counts.reduce(0, +)
        var known: [Range<Int>: [UnsafeMutableRawBufferPointer]] = [:]
        for (tree, values) in zip(lanes.subtrees(of: own), subtrees) { known[tree] = asked[own].map { values[$0] } }
        var arrived: [UnsafeMutableRawBufferPointer] = []
        defer { for memory in arrived { memory.deallocate() } }
        var receivings: [Receiving] = []
        for rank in others {
            for tree in lanes.subtrees(of: rank) {
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 64)
                arrived.append(memory)
                var at = 0
                let places = zip(asked[own], counts).map { parameter, count in
                    defer { at += count }
                    return UnsafeMutableRawBufferPointer(rebasing: memory[at..<at + sum[parameter].count])
                }
                known[tree] = places
                receivings += places.map { Receiving(from: rank, $0) }
            }
        }
        try group.exchange(sendings, receivings)
        for (place, parameter) in asked[own].enumerated() {
            let total = LaneDivision.sum(over: 0..<lanes.lanes, { known[$0]?[place] }) { left, right in
                add(left, UnsafeRawBufferPointer(right))
                return left
            }
            if total.baseAddress != sum[parameter].baseAddress {
                sum[parameter].copyMemory(from: UnsafeRawBufferPointer(total))
            }
        }
    }

    /// The owners' sums go to all.
    private func spread(_ asked: [Range<Int>], _ sum: [UnsafeMutableRawBufferPointer]) throws {
        try group.exchange(
            others.flatMap { rank in
                asked[group.rank].map { Sending(to: rank, UnsafeRawBufferPointer(sum[$0])) }
            },
            others.flatMap { owner in asked[owner].map { Receiving(from: owner, sum[$0]) } })
    }

    /// The other ranks, the next one first, so that not all send to one.
    private var others: [Int] { (1..<group.size).map { (group.rank + $0) % group.size } }
}
