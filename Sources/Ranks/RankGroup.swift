import Foundation

/// Bytes that a rank sends in an exchange. They stay valid and unchanged until it has ended.
package struct Sending {
    /// The receiver.
    package let rank: Int
    /// What it gets.
    package let bytes: UnsafeRawBufferPointer

    /// `bytes` for `rank`.
    package init(to rank: Int, _ bytes: UnsafeRawBufferPointer) { (self.rank, self.bytes) = (rank, bytes) }
}

/// Memory that a rank fills in an exchange.
package struct Receiving {
    /// The sender.
    package let rank: Int
    /// Where its bytes go; it sends exactly so many.
    package let bytes: UnsafeMutableRawBufferPointer

    /// Memory for what `rank` sends.
    package init(from rank: Int, _ bytes: UnsafeMutableRawBufferPointer) { (self.rank, self.bytes) = (rank, bytes) }
}

/// Processes that compute one thing together, each with memory of its own, as one of them sees them.
///
/// All ranks do the same exchanges in the same order. No sum is made on the way: what arrives is what was sent, so that
/// the order of every addition stays with the program.
package protocol RankGroup: AnyObject {
    /// This process's number, counted from 0.
    var rank: Int { get }
    /// The host of each rank.
    var hosts: [String] { get }
    /// What this rank does at present, for whoever waits in vain: "step 4, phase gradient".
    var place: String { get set }
    /// How long an exchange may take. A rank that is slow, not dead, must fit in it.
    var limit: Duration { get set }
    /// Whether somebody asked the group's starter, not this process, to stop.
    var isStopRequested: Bool { get }
    /// Sends and receives at once, and returns when all of it is done. Between two ranks the n-th sending meets the n-th
    /// receiving.
    /// - Throws: `RankError`.
    func exchange(_ sendings: [Sending], _ receivings: [Receiving]) throws
    /// Leaves the group, after all others have said so too.
    func close() throws
}

extension RankGroup {
    /// How many ranks there are.
    package var size: Int { hosts.count }
    /// Where nobody says otherwise: ten minutes.
    package static var usualLimit: Duration { .seconds(600) }

    /// What each rank has, of any lengths, by ranks.
    package func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        let others = (0..<size).filter { $0 != rank }
        var lengths = [UInt64](repeating: UInt64(bytes.count), count: size)
        let own = [UInt64(bytes.count)]
        try own.withUnsafeBytes { length in
            try lengths.withUnsafeMutableBytes { all in
                try exchange(
                    others.map { Sending(to: $0, length) },
                    others.map {
                        Receiving(from: $0, UnsafeMutableRawBufferPointer(rebasing: all[$0 * 8..<$0 * 8 + 8]))
                    })
            }
        }
        if let odd = lengths.firstIndex(where: { $0 > 1 << 32 }) {
            throw RankError.length(rank: odd, host: hosts[odd], expected: 1 << 32, place: place)
        }
        var starts = [0]
        for length in lengths { starts.append(starts.last! + Int(length)) }
        var all = [UInt8](repeating: 0, count: starts.last!)
        all.replaceSubrange(starts[rank]..<starts[rank + 1], with: bytes)
        try bytes.withUnsafeBytes { own in
            try all.withUnsafeMutableBytes { all in
                try exchange(
                    others.map { Sending(to: $0, own) },
                    others.map {
                        Receiving(from: $0, UnsafeMutableRawBufferPointer(rebasing: all[starts[$0]..<starts[$0 + 1]]))
                    })
            }
        }
        return (0..<size).map { Array(all[starts[$0]..<starts[$0 + 1]]) }
    }

    /// Whether any rank says so.
    package func any(_ flag: Bool) throws -> Bool { try gather([flag ? 1 : 0]).contains { $0 != [0] } }

    /// What each rank's `own` has made, by ranks. Where some fail all do, with the error of the lowest of them: it throws its
    /// own, the others are told of it.
    /// - Parameter own: exchanges nothing itself.
    /// - Throws: what `own` threw, `RankError.failed` on the other ranks.
    package func agree(_ own: () throws -> [UInt8]) throws -> [[UInt8]] {
        let result = Result { try own() }
        let all =
            switch result {
            case .success(let bytes): try gather([0] + bytes)
            case .failure(let error): try gather([1] + Array("\(error)".utf8))
            }
        if let failed = all.firstIndex(where: { $0.first != 0 }) {
            if failed == rank { _ = try result.get() }
            throw RankError.failed(
                rank: failed, host: hosts[failed], reason: String(decoding: all[failed].dropFirst(), as: UTF8.self))
        }
        return all.map { Array($0.dropFirst()) }
    }

    /// Sends bytes, of any number, to one rank, which calls `receive(from:)`.
    package func send(_ bytes: [UInt8], to other: Int) throws {
        let length = [UInt64(bytes.count)]
        try length.withUnsafeBytes { try exchange([Sending(to: other, $0)], []) }
        try bytes.withUnsafeBytes { try exchange([Sending(to: other, $0)], []) }
    }

    /// What `other` sends by `send(_:to:)`.
    package func receive(from other: Int) throws -> [UInt8] {
        var length: [UInt64] = [0]
        try length.withUnsafeMutableBytes { try exchange([], [Receiving(from: other, $0)]) }
        guard length[0] <= 1 << 40 else {
            throw RankError.length(rank: other, host: hosts[other], expected: 1 << 40, place: place)
        }
        return try [UInt8](unsafeUninitializedCapacity: Int(length[0])) { bytes, count in
            count = Int(length[0])
            try exchange(
                [],
                [
                    Receiving(
                        from: other,
                        UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[..<count])))
                ])
        }
    }

    /// The bytes that `root` has, on every rank.
    package func broadcast(_ bytes: [UInt8], from root: Int) throws -> [UInt8] {
        guard rank == root else { return try receive(from: root) }
        for other in 0..<size where other != root { try send(bytes, to: other) }
        return bytes
    }

    /// Whether all ranks have the same: the odd ones out are those that have not what most have, or, without a
    /// majority, what rank 0 has.
    /// - Throws: `RankError.different` on every rank, with the first odd one.
    package func requireSame(_ value: String, as what: String) throws {
        let values = try gather(Array(value.utf8)).map { String(decoding: $0, as: UTF8.self) }
        let most = values.first { value in values.count { $0.utf8.elementsEqual(value.utf8) } * 2 > size } ?? values[0]
        guard let odd = values.firstIndex(where: { !$0.utf8.elementsEqual(most.utf8) }) else { return }
        throw RankError.different(
            what: what, rank: odd, host: hosts[odd], expected: most, found: values[odd])
    }
}
