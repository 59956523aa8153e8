import Core
import Foundation

/// The ranks of an MPI, by way of `smpo-mpi`, the program that each site builds with its own MPI and that has started this
/// one: a socket for requests, and a memory that both map for what is sent and received.
package final class BridgedRanks: RankGroup {
    package let rank: Int
    package let hosts: [String]
    package var place = "the start"
    package var limit = BridgedRanks.usualLimit
    package private(set) var isStopRequested = false
    /// Bytes that this rank has sent to others.
    package private(set) var sentBytes = 0
    private let socket: Int32
    private let memory: Int32
    private var window = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// What `smpo-mpi` tells the program that it starts.
    package static let variable = "SMPO_MPI"

    /// Whether `smpo-mpi` has started this process.
    package static var isStarted: Bool { getenv(variable) != nil }

    /// The group of a process that `smpo-mpi` has started. Processes that this one starts have no part in it.
    package convenience init() throws {
        guard fcntl(3, F_SETFD, FD_CLOEXEC) == 0, fcntl(4, F_SETFD, FD_CLOEXEC) == 0 else {
            throw RankError.bridge(problem: "\(Self.variable) is set, but descriptors 3 and 4 are not open")
        }
        unsetenv(Self.variable)
        try self.init(socket: 3, memory: 4)
    }

    /// The group behind `socket`, whose bridge maps `memory`.
    init(socket: Int32, memory: Int32) throws {
        (self.socket, self.memory) = (socket, memory)
        try BridgedRanks.send(BridgeProtocol.request(.hello), to: socket)
        let until = ContinuousClock.now + Self.usualLimit
        let welcome = BridgeProtocol.numbers(try BridgedRanks.receive(16, from: socket, until: until))
        guard welcome[0] == BridgeProtocol.magic, welcome[1] == BridgeProtocol.version else {
            throw RankError.bridge(
                problem: "expected version \(BridgeProtocol.version) of the bridge, found "
                    + (welcome[0] == BridgeProtocol.magic ? "\(welcome[1])" : "something else"))
        }
        let (rank, size) = (Int(welcome[2]), Int(welcome[3]))
        guard (1...BridgeProtocol.mostRanks).contains(size), rank < size else {
            throw RankError.bridge(problem: "expected a rank of a group, found rank \(rank) of \(size)")
        }
        let names = try BridgedRanks.receive(size * BridgeProtocol.host, from: socket, until: until)
        self.rank = rank
        hosts = (0..<size).map { rank in
            let name = names[rank * BridgeProtocol.host..<(rank + 1) * BridgeProtocol.host]
            return VisibleText.of(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
        }
    }

    deinit { if let start = window.baseAddress { munmap(start, window.count) } }

    package func exchange(_ sendings: [Sending], _ receivings: [Receiving]) throws {
        let count = sendings.count + receivings.count
        guard count > 0 else { return }
        precondition(count <= BridgeProtocol.mostTransfers, "too many transfers for one exchange")
        var (transfers, offsets, end): ([UInt8], [Int], Int) = ([], [], 0)
        for (peer, receives, bytes) in sendings.map({ ($0.rank, false, $0.bytes.count) })
            + receivings.map({ ($0.rank, true, $0.bytes.count) })
        {
            precondition(hosts.indices.contains(peer) && peer != rank, "no other rank: \(peer)")
            transfers += BridgeProtocol.transfer(peer: peer, receives: receives, offset: end, count: bytes)
            offsets.append(end)
            end += (bytes + 63) & ~63
        }
        try makeRoom(end)
        for (sending, offset) in zip(sendings, offsets) where !sending.bytes.isEmpty {
            UnsafeMutableRawBufferPointer(rebasing: window[offset..<offset + sending.bytes.count])
                .copyMemory(from: sending.bytes)
            sentBytes += sending.bytes.count
        }
        try BridgedRanks.send(
            BridgeProtocol.request(.exchange, count: count, window: window.count) + transfers, to: socket)
        var open = Set(0..<count)
        let until = ContinuousClock.now + limit
        while !open.isEmpty {
            guard try BridgedRanks.waits(for: socket, until: until) else {
                throw silence(of: open, sendings, receivings)
            }
            let completion = BridgeProtocol.numbers(try BridgedRanks.receive(8, from: socket, until: until))
            guard let index = open.remove(Int(completion[0])) else {
                throw RankError.bridge(problem: "expected the end of a transfer, found that of \(completion[0])")
            }
            if completion[1] & BridgeProtocol.stop != 0 { isStopRequested = true }
            guard index >= sendings.count else { continue }
            let receiving = receivings[index - sendings.count]
            guard completion[1] & ~BridgeProtocol.stop == 0 else {
                throw RankError.length(
                    rank: receiving.rank, host: hosts[receiving.rank], expected: receiving.bytes.count, place: place)
            }
            guard !receiving.bytes.isEmpty else { continue }
            let offset = offsets[index]
            receiving.bytes.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: window[offset..<offset + receiving.bytes.count]))
        }
    }

    package func close() throws {
        try BridgedRanks.send(BridgeProtocol.request(.goodbye), to: socket)
        guard try BridgedRanks.waits(for: socket, until: ContinuousClock.now + limit) else {
            throw silence(of: Set(hosts.indices).subtracting([rank]))
        }
        _ = try BridgedRanks.receive(8, from: socket, until: ContinuousClock.now + limit)
    }

    private func silence(of open: Set<Int>, _ sendings: [Sending], _ receivings: [Receiving]) -> RankError {
        // A rank that sends nothing is the one to look at; where all have, one that takes nothing.
        let receiving = Set(open.filter { $0 >= sendings.count }.map { receivings[$0 - sendings.count].rank })
        return silence(of: receiving.isEmpty ? Set(open.map { sendings[$0].rank }) : receiving)
    }

    private func silence(of ranks: Set<Int>) -> RankError {
        let ranks = ranks.sorted()
        return .silent(
            ranks: ranks, hosts: ranks.map { hosts[$0] }, seconds: Int(limit.components.seconds), place: place)
    }

    /// Maps at least so many bytes of the memory, which grows with the largest exchange.
    private func makeRoom(_ bytes: Int) throws {
        guard bytes > window.count else { return }
        let count = (bytes + 65535) & ~65535
        if let start = window.baseAddress { munmap(start, window.count) }
        window = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        guard ftruncate(memory, count) == 0,
            let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0), start != MAP_FAILED
        else {
            throw RankError.bridge(
                problem: "no memory for an exchange of \(bytes) bytes: \(String(cString: strerror(errno)))")
        }
        window = UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    private static func send(_ bytes: [UInt8], to socket: Int32) throws {
        guard bytes.withUnsafeBytes({ Descriptor.write($0, to: socket) }) else {
            throw RankError.bridge(problem: "it has ended: \(String(cString: strerror(errno)))")
        }
    }

    /// Whether there is something to read before the time is over.
    private static func waits(for socket: Int32, until end: ContinuousClock.Instant) throws -> Bool {
        while true {
            let left = end - .now
            guard left > .zero else { return false }
            let milliseconds =
                min(left.components.seconds, 3600) * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            let found = poll(&wait, 1, Int32(max(milliseconds, 1)))
            if found > 0 { return true }
            guard found == 0 || errno == EINTR else {
                throw RankError.bridge(problem: "cannot wait: \(String(cString: strerror(errno)))")
            }
        }
    }

    private static func receive(
        _ count: Int, from socket: Int32, until end: ContinuousClock.Instant
    ) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            guard try waits(for: socket, until: end) else {
                throw RankError.bridge(problem: "it does not answer")
            }
            let got = bytes.withUnsafeMutableBytes { read(socket, $0.baseAddress! + done, count - done) }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw RankError.bridge(problem: "it has ended") }
            done += got
        }
        return bytes
    }
}
