import Foundation
import Testing

@testable import Ranks

/// Sends `bytes` to rank 1 and gives what comes from there.
private func echo(_ bytes: [UInt8], _ group: BridgedRanks) throws -> [UInt8] {
    var back = [UInt8](repeating: 0, count: bytes.count)
    try bytes.withUnsafeBytes { sent in
        try back.withUnsafeMutableBytes { try group.exchange([Sending(to: 1, sent)], [Receiving(from: 1, $0)]) }
    }
    return back
}

@Test func exchangesGoThroughTheWindowWhateverTheirLengths() throws {
    let bridge = ScriptedBridge()
    let group = try BridgedRanks(socket: bridge.socket, memory: bridge.memory)
    #expect((group.rank, group.size) == (0, 2))
    #expect(group.hosts == ["here", "there\\u{1b}"])
    for count in [1, 63, 64, 65, 0, 1 << 20, 3, (1 << 20) + 1] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
        #expect(try echo(bytes, group) == bytes)
    }
    #expect(group.sentBytes == 1 + 63 + 64 + 65 + (1 << 20) + 3 + (1 << 20) + 1)
    #expect(!group.isStopRequested)
    try group.close()
}

@Test func aStopThatTheBridgeWasAskedForIsKnownAfterTheNextExchange() throws {
    let bridge = ScriptedBridge(.stop)
    let group = try BridgedRanks(socket: bridge.socket, memory: bridge.memory)
    #expect(try echo([1, 2], group) == [1, 2])
    #expect(group.isStopRequested)
}

@Test func aSilentBridgeNamesTheRankThatIsWaitedFor() throws {
    let bridge = ScriptedBridge(.silence)
    let group = try BridgedRanks(socket: bridge.socket, memory: bridge.memory)
    group.limit = .milliseconds(1200)
    group.place = "step 4, phase gradient"
    let error = #expect(throws: RankError.self) { _ = try echo([1], group) }
    #expect(error == .silent(ranks: [1], hosts: ["there\\u{1b}"], seconds: 1, place: "step 4, phase gradient"))
    #expect(
        error?.description == "no word from rank 1 (host there\\u{1b}) for 1 s, at step 4, phase gradient")
}

@Test func whatIsNoBridgesAnswerIsRefused() throws {
    for (manner, problem) in [(ScriptedBridge.Manner.hangUp, "it has ended"), (.foreignIndex, "found that of 77")] {
        let bridge = ScriptedBridge(manner)
        let group = try BridgedRanks(socket: bridge.socket, memory: bridge.memory)
        let error = #expect(throws: RankError.self) { _ = try echo([1], group) }
        #expect(error?.description.contains(problem) == true)
    }
    let bridge = ScriptedBridge(.otherLength)
    let group = try BridgedRanks(socket: bridge.socket, memory: bridge.memory)
    #expect(throws: RankError.length(rank: 1, host: "there\\u{1b}", expected: 1, place: "the start")) {
        _ = try echo([1], group)
    }
}

@Test(arguments: [
    ([BridgeProtocol.magic, 9, 0, 2], "found 9"), ([7, 1, 0, 2], "something else"),
    ([BridgeProtocol.magic, 1, 2, 2], "rank 2 of 2"), ([BridgeProtocol.magic, 1, 0, 0], "rank 0 of 0"),
    ([BridgeProtocol.magic, 1, 0, UInt32.max], "rank 0 of 4294967295"),
]) func anotherBridgeIsRefused(welcome: [UInt32], problem: String) throws {
    let bridge = ScriptedBridge(welcome: welcome)
    let error = #expect(throws: RankError.self) { _ = try BridgedRanks(socket: bridge.socket, memory: bridge.memory) }
    #expect(error?.description.contains(problem) == true)
}
