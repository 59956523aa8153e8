import Core

/// Makes the sum of a step's lanes of what each rank has added of its own: the same bits for every number of ranks.
///
/// Each rank sends the subtrees of its lanes to the owners of the parameters, who add the rest of the tree, in its order
/// (`collect`), and send to all what they have made of them (`spread`). With R ranks that divide the lanes a rank sends about
/// 2(R − 1)/R of the gradient's bytes.
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
    /// The bytes of each parameter.
    private let bytes: [Int]

    /// Bytes that are on their way where nobody says otherwise.
    package static let usualPiece = 64 << 20

    /// An exchange among `group` of gradients of `lanes` lanes, whose parameters have so many bytes.
    package init(_ group: any RankGroup, lanes: Int, parameterBytes: [Int], piece: Int = GradientExchange.usualPiece) {
        self.group = group
        self.lanes = LaneDivision(lanes: lanes, ranks: group.size)
        owners = ParameterDivision(bytes: parameterBytes, ranks: group.size)
        self.piece = piece
        bytes = parameterBytes
    }

    /// Fills `sum` with the step's gradient, on every rank.
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
        try collect({ HeldBytes(subtrees[$0][$1]) }, adding: add) { parameter, total in
            if total.baseAddress != sum[parameter].baseAddress {
                sum[parameter].copyMemory(from: UnsafeRawBufferPointer(total))
            }
        }
        try spread({ HeldBytes(sum[$0]) }, into: { HeldBytes(sum[$0]) })
    }

    /// Makes the step's gradient of the parameters that this rank owns.
    /// - Parameters:
    ///   - value: a parameter's in one of this rank's subtrees, counted from the left; it is asked for once, and used up.
    ///   - absent: parameters that have no gradient, on no rank.
    ///   - add: adds the second to the first, one Float32 addition an element.
    ///   - total: is handed each sum. The memory is there until it returns.
    /// - Throws: `RankError`, and what the functions throw.
    package func collect(
        _ value: (_ tree: Int, _ parameter: Int) throws -> HeldBytes, absent: Set<Int> = [],
        adding add: (_ left: UnsafeMutableRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Void,
        total: (_ parameter: Int, UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        for asked in rounds {
            let present = asked.map { $0.filter { !absent.contains($0) } }
            try collect(present, value, add, total)
        }
    }

    /// Gives to all ranks what the owners have made.
    /// - Parameters:
    ///   - own: of a parameter that this rank owns.
    ///   - other: memory for one that another has.
    ///   - arrived: is told of each parameter that has come from another rank.
    /// - Throws: `RankError`, and what the functions throw.
    package func spread(
        _ own: (_ parameter: Int) throws -> HeldBytes, into other: (_ parameter: Int) throws -> HeldBytes,
        arrived: (_ parameter: Int) throws -> Void = { _ in }
    ) throws {
        for asked in rounds {
            let sent = try asked[group.rank].map { try own($0) }
            let received = try others.map { owner in (owner, try asked[owner].map { try other($0) }) }
            try withExtendedLifetime((sent, received)) {
                try group.exchange(
                    others.flatMap { rank in sent.map { Sending(to: rank, UnsafeRawBufferPointer($0.bytes)) } },
                    received.flatMap { owner, values in values.map { Receiving(from: owner, $0.bytes) } })
            }
            for owner in others { for parameter in asked[owner] { try arrived(parameter) } }
        }
    }

    /// Which parameters are on their way at a time, by owners.
    private var rounds: [[Range<Int>]] {
        let batches = owners.owned.map { self.batches(of: $0) }
        return (0..<(batches.map(\.count).max() ?? 0)).map { round in
            batches.map { round < $0.count ? $0[round] : 0..<0 }
        }
    }

    /// Runs of whole parameters of at most `piece` bytes, or of one that has more.
    private func batches(of parameters: Range<Int>) -> [Range<Int>] {
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
    private func collect(
        _ asked: [[Int]], _ value: (Int, Int) throws -> HeldBytes,
        _ add: (UnsafeMutableRawBufferPointer, UnsafeRawBufferPointer) -> Void,
        _ total: (Int, UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let own = group.rank
        let trees = lanes.subtrees(of: own)
        let sent = try others.map { owner in
            (owner, try trees.indices.flatMap { tree in try asked[owner].map { try value(tree, $0) } })
        }
        // Where the parameters asked of this rank begin in each subtree's memory.
        let counts = asked[own].map { (bytes[$0] + 63) & ~63 }
        let size = counts.reduce(0, +)
        let held = try trees.indices.map { tree in try asked[own].map { try value(tree, $0) } }
        var known: [Range<Int>: [UnsafeMutableRawBufferPointer]] = [:]
        for (tree, values) in zip(trees, held) { known[tree] = values.map(\.bytes) }
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
                    return UnsafeMutableRawBufferPointer(rebasing: memory[at..<at + bytes[parameter]])
                }
                known[tree] = places
                receivings += places.map { Receiving(from: rank, $0) }
            }
        }
        try withExtendedLifetime((sent, held)) {
            try group.exchange(
                sent.flatMap { owner, values in values.map { Sending(to: owner, UnsafeRawBufferPointer($0.bytes)) } },
                receivings)
            for (place, parameter) in asked[own].enumerated() {
                let sum = LaneDivision.sum(over: 0..<lanes.lanes, { known[$0]?[place] }) { left, right in
                    add(left, UnsafeRawBufferPointer(right))
                    return left
                }
                try total(parameter, sum)
            }
        }
    }

    /// The other ranks, the next one first, so that not all send to one.
    private var others: [Int] { (1..<group.size).map { (group.rank + $0) % group.size } }
}
