import Core
import ForwardingRank
import Ranks
import Testing

@Test(arguments: 1...4) func aGroupThatIsWellPasses(ranks: Int) throws {
    let reports = try ThreadRanks.run(ranks) { try GroupCheck($0).run(same: [("the program", "a")], bytes: 4096) }
    #expect(reports.allSatisfy { $0 == reports[0] } && reports[0].hosts.count == ranks)
    // Whatever the number of ranks.
    let alone = try GroupCheck(SingleRank(host: "here")).run(same: [], bytes: 0)
    #expect(reports[0].sum == alone.sum)
}

/// Flips a bit of the `exchange`th exchange's first bytes.
private func faulty(_ group: any RankGroup, exchange: Int) -> any RankGroup {
    var left = exchange
    return ForwardingRank(group) { group, sendings, receivings in
        try group.exchange(sendings, receivings)
        left -= 1
        if left == 0, let damaged = receivings.first(where: { !$0.bytes.isEmpty }) { damaged.bytes[3] ^= 0x40 }
    }
}

@Test func aBitThatTurnsOnTheWayIsFound() throws {
    // A comparison takes two exchanges, then come a hundred round trips, the start's two, the transfer, the slowest's two.
    for (exchange, what) in [
        (1 + 100 + 2 + 2, "that went to rank 1"), (100 + 2 + 2 + 1 + 2 + 1, "the sum of 16 lanes"),
    ] {
        let ends = ThreadRanks.outcomes(3) { group in
            try GroupCheck(group.rank == 1 ? faulty(group, exchange: exchange) : group).run(same: [], bytes: 4096)
        }
        guard case .failure(let error) = ends[1].result else {
            Issue.record("a damaged transfer passed")
            continue
        }
        #expect("\(error)".contains(what), "\(error)")
    }
}

@Test func anotherProgramIsNamed() {
    #expect(
        throws: RankError.different(what: "the program", rank: 2, host: "thread-2", expected: "a", found: "b")
    ) {
        _ = try ThreadRanks.run(3) {
            try GroupCheck($0).run(same: [("the program", $0.rank == 2 ? "b" : "a")], bytes: 8)
        }
    }
}
