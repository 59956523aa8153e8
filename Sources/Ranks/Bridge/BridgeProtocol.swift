/// How a rank and `smpo-mpi` speak: numbers of the machine's byte order, as in Packaging/mpi/smpo-mpi.c.
enum BridgeProtocol {
    static let magic: UInt32 = 0x4f50_4d53
    static let version: UInt32 = 1
    /// Bytes of a host's name, filled up with zeros.
    static let host = 256
    /// Ranks beyond this are no answer of a bridge.
    static let mostRanks = 1 << 20
    /// Transfers an exchange may have.
    static let mostTransfers = 1 << 16
    /// Set in a completion's status where the starter was asked to stop.
    static let stop: UInt32 = 1 << 31

    enum Operation: UInt32 {
        /// Answered by magic, version, rank, size and the hosts' names.
        case hello = 1
        /// Followed by transfers; answered by a completion for each.
        case exchange = 2
        /// Answered by a completion when all ranks have said it.
        case goodbye = 3
    }

    /// A request's bytes: magic, operation, count of transfers, nothing, window's bytes.
    static func request(_ operation: Operation, count: Int = 0, window: Int = 0) -> [UInt8] {
        bytes([magic, operation.rawValue, UInt32(count), 0]) + bytes([UInt64(window)])
    }

    /// A transfer's bytes: peer, whether it is received, place in the window, length.
    static func transfer(peer: Int, receives: Bool, offset: Int, count: Int) -> [UInt8] {
        bytes([UInt32(peer), receives ? 1 : 0]) + bytes([UInt64(offset), UInt64(count)])
    }

    /// The numbers that `bytes` are.
    static func numbers(_ bytes: [UInt8]) -> [UInt32] {
        bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: 4).map { raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
        }
    }

    private static func bytes<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
        numbers.withUnsafeBytes { Array($0) }
    }
}
