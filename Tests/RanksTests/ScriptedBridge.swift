import Foundation

@testable import Ranks

/// The other end of a rank's socket, played by a thread: rank 0 of two, whose fellow sends back what it is sent.
///
/// `@unchecked Sendable`: the thread has it alone.
final class ScriptedBridge: @unchecked Sendable {
    /// What it does to an exchange.
    enum Manner {
        /// Gives back what was sent.
        case echo
        /// Says nothing for ever.
        case silence
        /// Ends in the middle.
        case hangUp
        /// Says that another number of bytes came.
        case otherLength
        /// Answers about a transfer that nobody asked for.
        case foreignIndex
        /// As `echo`, and somebody wants it to stop.
        case stop
    }

    let socket: Int32
    let memory: Int32
    private let own: Int32
    private let welcome: [UInt32]
    private let manner: Manner

    init(_ manner: Manner = .echo, welcome: [UInt32] = [BridgeProtocol.magic, 1, 0, 2]) {
        var ends: [Int32] = [0, 0]
        precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        (socket, own) = (ends[0], ends[1])
        // A file without a name serves as memory that both map.
        var name = Array((NSTemporaryDirectory() + "smpo-window-XXXXXX").utf8CString)
        memory = mkstemp(&name)
        unlink(name)
        (self.welcome, self.manner) = (welcome, manner)
        Thread { self.serve() }.start()
    }

    deinit { for descriptor in [socket, own, memory] { close(descriptor) } }

    private func take(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { read(own, $0.baseAddress! + done, count - done) }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    private func give(_ numbers: [UInt32]) { _ = numbers.withUnsafeBytes { write(own, $0.baseAddress, $0.count) } }

    private func serve() {
        while let request = take(24).map(BridgeProtocol.numbers) {
            switch BridgeProtocol.Operation(rawValue: request[1]) {
            case .hello:
                give(welcome)
                let hosts = ["here", "there\u{1b}"].map { Array($0.utf8) }
                    .map { $0 + [UInt8](repeating: 0, count: BridgeProtocol.host - $0.count) }
                _ = hosts.flatMap { $0 }.withUnsafeBytes { write(own, $0.baseAddress, $0.count) }
            case .exchange:
                guard exchange(count: Int(request[2]), window: Int(request[4])) else { return }
            case .goodbye: give([0, 0])
            case nil: return
            }
        }
    }

    private func exchange(count: Int, window: Int) -> Bool {
        guard let bytes = take(count * 24) else { return false }
        let transfers = stride(from: 0, to: bytes.count, by: 24).map {
            BridgeProtocol.numbers(Array(bytes[$0..<$0 + 24]))
        }
        let map = mmap(nil, window, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0)!
        defer { munmap(map, window) }
        var sent = transfers.filter { $0[1] == 0 }[...]
        for (index, transfer) in transfers.enumerated() where transfer[1] == 1 {
            if let from = sent.popFirst() { memcpy(map + Int(transfer[2]), map + Int(from[2]), Int(transfer[4])) }
            if manner == .hangUp { return shutdown(own, Int32(SHUT_RDWR)) == 1 }
            if manner == .silence { continue }
            let status: UInt32 = manner == .otherLength ? 1 : manner == .stop ? BridgeProtocol.stop : 0
            give([manner == .foreignIndex ? 77 : UInt32(index), status])
        }
        for (index, transfer) in transfers.enumerated() where transfer[1] == 0 { give([UInt32(index), 0]) }
        return true
    }
}
