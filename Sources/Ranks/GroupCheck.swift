import Core
import Foundation

/// A look at a group before it is trusted with a run: do all ranks run the same, does everything arrive as it was sent,
/// how fast, and do lanes add up to the bits of one process?
package struct GroupCheck {
    /// What was found, the same on every rank.
    package struct Report: Sendable, Equatable {
        /// The host of each rank.
        package let hosts: [String]
        /// Seconds until eight bytes have gone from each rank to each: the median of a hundred times.
        package let roundTrip: Double
        /// Bytes that each rank has sent to each other one.
        package let bytes: Int
        /// Seconds that this took the slowest rank.
        package let seconds: Double
        /// How many lanes were added over the ranks.
        package let lanes: Int
        /// The digest of their sum, which one process came to as well.
        package let sum: Digest
    }

    /// The lanes that are added, and the bytes of the parameters of which they are: uneven, one larger than a piece.
    private static let lanes = 16
    private static let parameters = [10_000, 4, 30_004, 0, 2_000, 65_000, 12]
    private static let piece = 25_000
    private static let times = 100

    private let group: any RankGroup

    /// A look at `group`.
    package init(_ group: any RankGroup) { self.group = group }

    /// Does all of it.
    /// - Parameters:
    ///   - same: what must be the same on all ranks, such as the program's digest.
    ///   - bytes: how many each rank sends to each other one; a multiple of eight.
    /// - Throws: `RankError` with the rank at fault.
    package func run(same: [(what: String, value: String)], bytes: Int) throws -> Report {
        group.place = "the comparison of programs"
        for (what, value) in same { try group.requireSame(value, as: what) }
        let roundTrip = try measureRoundTrip()
        let seconds = try measureTransfer(bytes)
        return Report(
            hosts: group.hosts, roundTrip: roundTrip, bytes: bytes, seconds: seconds, lanes: Self.lanes,
            sum: try requireSum())
    }

    private var others: [Int] { (1..<group.size).map { (group.rank + $0) % group.size } }

    private func measureRoundTrip() throws -> Double {
        group.place = "the round trips"
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 * (group.size + 1), alignment: 8)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        func slot(_ rank: Int) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: memory[rank * 8..<rank * 8 + 8])
        }
        let sent = UnsafeRawBufferPointer(slot(group.size))
        var times: [Double] = []
        for _ in 0..<Self.times {
            let begin = ContinuousClock.now
            try group.exchange(
                others.map { Sending(to: $0, sent) }, others.map { Receiving(from: $0, slot($0)) })
            times.append((ContinuousClock.now - begin).seconds)
        }
        return try slowest(times.sorted()[Self.times / 2])
    }

    private func measureTransfer(_ bytes: Int) throws -> Double {
        precondition(bytes % 8 == 0)
        group.place = "the transfer"
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(2 * others.count * bytes, 8), alignment: 64)
        defer { memory.deallocate() }
        let parts = (0..<2 * others.count).map {
            UnsafeMutableRawBufferPointer(rebasing: memory[$0 * bytes..<($0 + 1) * bytes])
        }
        let (sent, received) = (parts.prefix(others.count), parts.dropFirst(others.count))
        for (to, part) in zip(others, sent) {
            var pattern = TransferPattern(from: group.rank, to: to)
            pattern.fill(part)
        }
        _ = try group.gather([])
        let begin = ContinuousClock.now
        try group.exchange(
            zip(others, sent).map { Sending(to: $0, UnsafeRawBufferPointer($1)) },
            zip(others, received).map { Receiving(from: $0, $1) })
        let seconds = (ContinuousClock.now - begin).seconds
        for (from, part) in zip(others, received) {
            var pattern = TransferPattern(from: from, to: group.rank)
            guard let found = pattern.firstDifference(part) else { continue }
            throw RankError.different(
                what: "bytes \(found.offset)… that went to rank \(group.rank) (host \(group.hosts[group.rank]))",
                rank: from,
                host: group.hosts[from], expected: String(found.expected, radix: 16),
                found: String(found.found, radix: 16))
        }
        return try slowest(seconds)
    }

    /// Adds lanes over the ranks, and in this process alone.
    private func requireSum() throws -> Digest {
        group.place = "the sum of lanes"
        let exchange = GradientExchange(
            group, lanes: Self.lanes, parameterBytes: Self.parameters, piece: Self.piece)
        let own = exchange.lanes.subtrees(of: group.rank).map(Self.sum)
        let sum = Self.memory()
        defer { for memory in own + [sum] { memory.forEach { $0.deallocate() } } }
        try exchange.exchange(own, into: sum, adding: Self.add)
        let alone = Self.sum(0..<Self.lanes)
        defer { alone.forEach { $0.deallocate() } }
        let (expected, found) = (Self.digest(alone), Self.digest(sum))
        for (rank, bytes) in try group.gather(Array(found.hex.utf8)).enumerated() {
            let found = String(decoding: bytes, as: UTF8.self)
            guard found != expected.hex else { continue }
            throw RankError.different(
                what: "the sum of \(Self.lanes) lanes", rank: rank, host: group.hosts[rank], expected: expected.hex,
                found: found)
        }
        return found
    }

    private static func memory() -> [UnsafeMutableRawBufferPointer] {
        parameters.map { UnsafeMutableRawBufferPointer.allocate(byteCount: $0, alignment: 64) }
    }

    /// The sum of a subtree's lanes: numbers of very different sizes, so that another order gives other bits.
    private static func sum(_ tree: Range<Int>) -> [UnsafeMutableRawBufferPointer] {
        LaneDivision.sum(over: tree) { tree in
            guard tree.count == 1 else { return nil }
            let values = memory()
            var pattern = TransferPattern(UInt64(tree.lowerBound) + 1 << 40)
            for parameter in values {
                for index in 0..<parameter.count / 4 {
                    let bits = pattern.next()
                    let number = Float(Int32(truncatingIfNeeded: bits)) * (bits >> 32 & 1 == 0 ? 0x1p-31 : 0x1p-51)
                    parameter.storeBytes(of: number, toByteOffset: index * 4, as: Float.self)
                }
            }
            return values
        } adding: { left, right in
            for (left, right) in zip(left, right) { add(left, UnsafeRawBufferPointer(right)) }
            right.forEach { $0.deallocate() }
            return left
        }
    }

    private static func add(_ left: UnsafeMutableRawBufferPointer, _ right: UnsafeRawBufferPointer) {
        for at in stride(from: 0, to: left.count, by: 4) {
            let sum = left.load(fromByteOffset: at, as: Float.self) + right.load(fromByteOffset: at, as: Float.self)
            left.storeBytes(of: sum, toByteOffset: at, as: Float.self)
        }
    }

    private static func digest(_ values: [UnsafeMutableRawBufferPointer]) -> Digest {
        var stream = SHA256Stream()
        for value in values { stream.update(UnsafeRawBufferPointer(value)) }
        return stream.finalize()
    }

    private func slowest(_ seconds: Double) throws -> Double {
        let bits = seconds.bitPattern
        return try group.gather(withUnsafeBytes(of: bits) { Array($0) }).map { bytes in
            Double(bitPattern: bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        }.max()!
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
