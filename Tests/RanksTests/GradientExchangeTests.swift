import ForwardingRank
import Foundation
import Ranks
import SeededRandom
import Testing

private let parameters = [7, 1, 300, 0, 40, 41, 3]

/// A lane's gradient: numbers whose sum depends on its order.
private func lane(_ lane: Int) -> [[Float]] {
    var random = SplitMix(state: UInt64(lane + 1))
    return parameters.map { count in
        (0..<count).map { _ in
            Float.random(in: -1...1, using: &random) * (Bool.random(using: &random) ? 1 : 0x1p-20)
        }
    }
}

/// The tree by its definition.
private func sum(_ lanes: ArraySlice<[[Float]]>) -> [[Float]] {
    guard lanes.count > 1 else { return lanes.first! }
    var left = 1
    while left * 2 < lanes.count { left *= 2 }
    return zip(sum(lanes.prefix(left)), sum(lanes.dropFirst(left))).map { zip($0, $1).map(+) }
}

private func memory(_ values: [[Float]]) -> [UnsafeMutableRawBufferPointer] {
    values.map { values in
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: values.count * 4, alignment: 4)
        values.withUnsafeBytes { memory.copyMemory(from: $0) }
        return memory
    }
}

private func add(_ left: UnsafeMutableRawBufferPointer, _ right: UnsafeRawBufferPointer) {
    for at in stride(from: 0, to: left.count, by: 4) {
        let sum = left.load(fromByteOffset: at, as: Float.self) + right.load(fromByteOffset: at, as: Float.self)
        left.storeBytes(of: sum, toByteOffset: at, as: Float.self)
    }
}

@Test(arguments: 1...5, [1, 2, 3, 5, 8]) func allRanksComeToTheTreesSum(ranks: Int, lanes: Int) throws {
    let expected = sum((0..<lanes).map(lane)[...]).joined().map(\.bitPattern)
    for (piece, usesOwn) in [(1, true), (200, false), (1 << 20, true)] {
        let sums = try ThreadRanks.run(ranks) { group in
            let exchange = GradientExchange(
                group, lanes: lanes, parameterBytes: parameters.map { $0 * 4 }, piece: piece)
            let own = exchange.lanes.subtrees(of: group.rank).map { memory(sum($0.map(lane)[...])) }
            let result = usesOwn ? own.first ?? memory(lane(99)) : memory(lane(99))
            try exchange.exchange(own, into: result, adding: add)
            defer { for bytes in Set((own + [result]).flatMap { $0.compactMap(\.baseAddress) }) { bytes.deallocate() } }
            return result.flatMap { $0.bindMemory(to: UInt32.self) }
        }
        #expect(sums == [[UInt32]](repeating: expected, count: ranks))
    }
}

@Test(arguments: [(2, 8), (4, 8), (3, 3), (5, 5)]) func aRankSendsItsShareOfTheGradientTwice(ranks: Int, lanes: Int)
    throws
{
    let bytes = [Int](repeating: 4000, count: 60)
    let sent = try ThreadRanks.run(ranks) { group in
        var count = 0
        let counting = ForwardingRank(group) { group, sendings, receivings in
            count += sendings.map(\.bytes.count).reduce(0, +)
            try group.exchange(sendings, receivings)
        }
        let exchange = GradientExchange(counting, lanes: lanes, parameterBytes: bytes)
        let values = bytes.map { UnsafeMutableRawBufferPointer.allocate(byteCount: $0, alignment: 4) }
        defer { for value in values { value.deallocate() } }
        for value in values { value.initializeMemory(as: UInt8.self, repeating: 0) }
        try exchange.exchange([values], into: values, adding: add)
        return count
    }
    let rule = 2 * (ranks - 1) * bytes.reduce(0, +) / ranks
    #expect(sent.allSatisfy { Double($0) <= 1.05 * Double(rule) }, "\(sent) of \(rule)")
}

@Test func parametersAreDividedByTheirBytesInWholeRuns() {
    #expect(ParameterDivision(bytes: [4, 4, 4, 4], ranks: 2).owned == [0..<2, 2..<4])
    #expect(ParameterDivision(bytes: [100, 1, 1], ranks: 3).owned == [0..<0, 0..<1, 1..<3])
    #expect(ParameterDivision(bytes: [], ranks: 2).owned == [0..<0, 0..<0])
    #expect(ParameterDivision(bytes: [0, 0], ranks: 2).owned.flatMap { Array($0) } == [0, 1])
    var random = SplitMix(state: 5)
    for _ in 0..<200 {
        let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in Int.random(in: 0...1000, using: &random) }
        let ranks = Int.random(in: 1...9, using: &random)
        let owned = ParameterDivision(bytes: bytes, ranks: ranks).owned
        #expect(owned.count == ranks && owned.flatMap { Array($0) } == Array(bytes.indices))
        let share = bytes.reduce(0, +) / ranks
        #expect(owned.allSatisfy { bytes[$0].reduce(0, +) <= share + 1001 })
    }
}
