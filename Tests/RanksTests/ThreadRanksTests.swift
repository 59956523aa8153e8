import Foundation
import Ranks
import SeededRandom
import Synchronization
import Testing

/// What rank `from` has for rank `to` in round `round`.
private func letter(_ from: Int, _ to: Int, _ round: Int, count: Int) -> [UInt8] {
    var random = SplitMix(state: UInt64(from << 40 + to << 20 + round))
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
}

@Test(arguments: 1...5) func everyRankGetsWhatTheOthersSent(size: Int) throws {
    let good = try ThreadRanks.run(size) { group in
        var isRight = true
        for round in 0..<3 {
            let others = (0..<group.size).filter { $0 != group.rank }
            let sent = others.map { letter(group.rank, $0, round, count: 100 * round + group.rank) }
            let memory = others.map { from in
                UnsafeMutableRawBufferPointer.allocate(byteCount: 100 * round + from, alignment: 1)
            }
            defer { for bytes in memory { bytes.deallocate() } }
            func sending(_ rest: ArraySlice<(Int, [UInt8])>, _ ready: [Sending]) throws {
                guard let (to, bytes) = rest.first else {
                    return try group.exchange(ready, zip(others, memory).map { Receiving(from: $0, $1) })
                }
                try bytes.withUnsafeBytes { try sending(rest.dropFirst(), ready + [Sending(to: to, $0)]) }
            }
            try sending(Array(zip(others, sent))[...], [])
            for (from, bytes) in zip(others, memory) {
                isRight = isRight && Array(bytes) == letter(from, group.rank, round, count: 100 * round + from)
            }
        }
        try group.close()
        return isRight
    }
    #expect(good == [Bool](repeating: true, count: size))
}

@Test(arguments: 1...4) func gatheredBytesComeInTheRanksOrder(size: Int) throws {
    let all = try ThreadRanks.run(size) { try $0.gather([UInt8](repeating: UInt8($0.rank), count: $0.rank * 3)) }
    let expected = (0..<size).map { [UInt8](repeating: UInt8($0), count: $0 * 3) }
    #expect(all == [[[UInt8]]](repeating: expected, count: size))
}

@Test func broadcastGivesTheRootsBytes() throws {
    for count in [0, 1, 5, 100_000] {
        let all = try ThreadRanks.run(3) { group in
            try group.broadcast(group.rank == 1 ? letter(1, 1, 0, count: count) : [], from: 1)
        }
        #expect(all == [[UInt8]](repeating: letter(1, 1, 0, count: count), count: 3))
    }
}

/// The lowest rank that fails says why; it alone throws its own error.
@Test func whereOneFailsAllDo() throws {
    struct Reason: Error, Equatable, CustomStringConvertible {
        let description: String
    }
    #expect(
        try ThreadRanks.run(2) { group in try group.agree { [UInt8(group.rank), 7] } } == [
            [[0, 7], [1, 7]], [[0, 7], [1, 7]],
        ])
    let ends = ThreadRanks.outcomes(4) { group in
        try group.agree {
            if group.rank == 1 || group.rank == 3 { throw Reason(description: "the disk of \(group.rank) is full") }
            return []
        }
    }
    let told = RankError.failed(rank: 1, host: "thread-1", reason: "the disk of 1 is full")
    #expect("\(told)" == "rank 1 (host thread-1): the disk of 1 is full")
    for (rank, end) in ends.enumerated() {
        if rank == 1 {
            #expect(throws: Reason(description: "the disk of 1 is full")) { try end.result.get() }
        } else {
            #expect(throws: told) { try end.result.get() }
        }
    }
}

@Test func oneRankThatSaysSoSpeaksForAll() throws {
    #expect(try ThreadRanks.run(4) { try $0.any($0.rank == 2) } == [true, true, true, true])
    #expect(try ThreadRanks.run(4) { try $0.any(false) } == [false, false, false, false])
}

@Test func theOddRankOutIsNamedOnEveryRank() {
    let ends = ThreadRanks.outcomes(4) { try $0.requireSame($0.rank == 2 ? "b" : "a", as: "the program") }
    for end in ends {
        #expect(throws: RankError.different(what: "the program", rank: 2, host: "thread-2", expected: "a", found: "b"))
        {
            try end.result.get()
        }
    }
    // Of two there is no majority: rank 0 speaks for both.
    #expect(throws: RankError.different(what: "x", rank: 1, host: "thread-1", expected: "0", found: "1")) {
        _ = try ThreadRanks.run(2) { try $0.requireSame("\($0.rank)", as: "x") }
    }
    // As strings they would be equal.
    #expect(throws: RankError.self) {
        _ = try ThreadRanks.run(2) { try $0.requireSame($0.rank == 0 ? "\u{e9}" : "e\u{301}", as: "x") }
    }
}

@Test func aRankThatFailsEndsTheOthersByName() {
    struct Fault: Error {}
    let ends = ThreadRanks.outcomes(3) { group in
        _ = try group.gather([])
        group.place = "step 4, phase gradient"
        if group.rank == 1 { throw Fault() }
        _ = try group.gather([])
    }
    #expect(throws: Fault.self) { try ends[1].result.get() }
    #expect(throws: Fault.self) {
        _ = try ThreadRanks.run(3) { group in
            if group.rank == 1 { throw Fault() }
            _ = try group.gather([])
        }
    }
    for rank in [0, 2] {
        guard case .failure(let error) = ends[rank].result, case .ended(_, _, _, let place) = error as? RankError else {
            Issue.record("rank \(rank) went on")
            continue
        }
        #expect(place == "step 4, phase gradient")
    }
}

@Test func aSilentRankIsNamedWhenTheTimeIsOver() {
    let isOver = Mutex(false)
    let ends = ThreadRanks.outcomes(2, limit: .milliseconds(50)) { group in
        group.place = "step 7, phase batch"
        if group.rank == 1 {
            while !isOver.withLock({ $0 }) { usleep(1000) }
            return
        }
        defer { isOver.withLock { $0 = true } }
        _ = try group.gather([1])
    }
    #expect(throws: RankError.silent(ranks: [1], hosts: ["thread-1"], seconds: 0, place: "step 7, phase batch")) {
        try ends[0].result.get()
    }
}

@Test func otherLengthsThanExpectedAreRefused() {
    #expect(throws: RankError.length(rank: 1, host: "thread-1", expected: 3, place: "the start")) {
        _ = try ThreadRanks.run(2) { group in
            var bytes = [UInt8](repeating: 0, count: group.rank == 0 ? 3 : 2)
            try bytes.withUnsafeMutableBytes { bytes in
                if group.rank == 0 {
                    try group.exchange([], [Receiving(from: 1, bytes)])
                } else {
                    try group.exchange([Sending(to: 0, UnsafeRawBufferPointer(bytes))], [])
                }
            }
        }
    }
}
