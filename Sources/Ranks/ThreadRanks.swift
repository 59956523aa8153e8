import Foundation
import Synchronization

/// Ranks that are threads of one process: groups without MPI.
package enum ThreadRanks {
    /// Runs `body` once a rank, each on a thread of its own, and gives what they came to, by ranks.
    /// - Throws: what the rank threw that ended first.
    package static func run<Output: Sendable>(
        _ size: Int, limit: Duration = .seconds(600), _ body: @escaping @Sendable (any RankGroup) throws -> Output
    ) throws -> [Output] {
        let ends = outcomes(size, limit: limit, body)
        if let first = ends.filter(\.hasFailed).min(by: { $0.order < $1.order }) { _ = try first.result.get() }
        return try ends.map { try $0.result.get() }
    }

    /// How each rank ended, by ranks.
    package static func outcomes<Output: Sendable>(
        _ size: Int, limit: Duration = .seconds(600), _ body: @escaping @Sendable (any RankGroup) throws -> Output
    ) -> [Ending<Output>] {
        let hall = Hall(size)
        let endings = Mutex<[Int: Ending<Output>]>([:])
        let group = DispatchGroup()
        for rank in 0..<size {
            group.enter()
            let thread = Thread {
                let member = Member(rank, hall, limit)
                let result = Result { try body(member) }
                endings.withLock { $0[rank] = Ending(order: $0.count, result: result) }
                hall.leave(rank, (try? result.get()) == nil ? "it failed" : "it is done")
                group.leave()
            }
            thread.stackSize = 64 << 20
            thread.start()
        }
        group.wait()
        return endings.withLock { ends in (0..<size).map { ends[$0]! } }
    }

    /// How a rank ended.
    package struct Ending<Output: Sendable>: Sendable {
        /// Its place among all, the first to end has 0.
        package let order: Int
        /// What it came to.
        package let result: Result<Output, any Error>

        fileprivate var hasFailed: Bool { if case .failure = result { true } else { false } }
    }

    /// What the threads share: what is on its way, and who has ended.
    ///
    /// `@unchecked Sendable`: the condition guards all of it.
    fileprivate final class Hall: @unchecked Sendable {
        let condition = NSCondition()
        let size: Int
        /// On its way from the first to the second, in order.
        var mail: [[[[UInt8]]]]
        var endings: [Int: String] = [:]

        init(_ size: Int) {
            self.size = size
            mail = [[[[UInt8]]]](repeating: [[[UInt8]]](repeating: [], count: size), count: size)
        }

        func leave(_ rank: Int, _ reason: String) {
            condition.withLock { endings[rank] = reason }
            condition.broadcast()
        }
    }

    fileprivate final class Member: RankGroup {
        let rank: Int
        let hosts: [String]
        var place = "the start"
        var limit: Duration
        let isStopRequested = false
        private let hall: Hall

        init(_ rank: Int, _ hall: Hall, _ limit: Duration) {
            (self.rank, self.hall, self.limit) = (rank, hall, limit)
            hosts = (0..<hall.size).map { "thread-\($0)" }
        }

        func exchange(_ sendings: [Sending], _ receivings: [Receiving]) throws {
            let until = Date(
                timeIntervalSinceNow: Double(limit.components.seconds)
                    + Double(limit.components.attoseconds) / 1e18)
            hall.condition.lock()
            defer { hall.condition.unlock() }
            for sending in sendings {
                precondition(sending.rank != rank)
                hall.mail[rank][sending.rank].append(Array(sending.bytes))
            }
            hall.condition.broadcast()
            for receiving in receivings {
                precondition(receiving.rank != rank)
                while hall.mail[receiving.rank][rank].isEmpty {
                    if let reason = hall.endings[receiving.rank] {
                        throw RankError.ended(
                            rank: receiving.rank, host: hosts[receiving.rank], reason: reason, place: place)
                    }
                    guard hall.condition.wait(until: until) else {
                        throw RankError.silent(
                            ranks: [receiving.rank], hosts: [hosts[receiving.rank]],
                            seconds: Int(limit.components.seconds), place: place)
                    }
                }
                let bytes = hall.mail[receiving.rank][rank].removeFirst()
                guard bytes.count == receiving.bytes.count else {
                    throw RankError.length(
                        rank: receiving.rank, host: hosts[receiving.rank], expected: receiving.bytes.count, place: place
                    )
                }
                receiving.bytes.copyBytes(from: bytes)
            }
        }

        func close() throws { _ = try gather([]) }
    }
}
