import Digests
import Foundation

/// A run's numbers as a TensorBoard event file: TFRecords (length, masked CRC-32C of the length, data, masked CRC-32C of
/// the data) of `tensorflow.Event` messages, a scalar of Float32 each.
///
/// The ledger does not keep the time of every step, so all events carry the time at which the run began.
public struct TensorBoardEvents {
    /// A name that TensorBoard takes for an event file, the same for the same run.
    public let fileName: String
    /// The file.
    public let bytes: [UInt8]

    /// The events of `run`, by step and name.
    public init(_ run: ExportedRun) {
        let start = run.times.start
        fileName = "events.out.tfevents.\(start / 1000).\(run.summary.name)"
        let seconds = Double(start) / 1000
        var scalars: [(step: Int, name: String, value: Double)] = run.series.flatMap { series in
            series.points.map { ($0.step, series.name, $0.value) }
        }
        scalars.sort { $0.step != $1.step ? $0.step < $1.step : utf8Less($0.name, $1.name) }
        let version = ProtocolBuffer.double(1, seconds) + ProtocolBuffer.bytes(3, Array("brain.Event:2".utf8))
        bytes =
            TensorBoardEvents.record(version)
            + scalars.flatMap { scalar in
                let value =
                    ProtocolBuffer.bytes(1, Array(scalar.name.utf8)) + ProtocolBuffer.float(2, Float(scalar.value))
                return TensorBoardEvents.record(
                    ProtocolBuffer.double(1, seconds) + ProtocolBuffer.integer(2, UInt64(scalar.step))
                        + ProtocolBuffer.bytes(5, ProtocolBuffer.bytes(1, value)))
            }
    }

    private static func record(_ data: [UInt8]) -> [UInt8] {
        let length = ProtocolBuffer.littleEndian(UInt64(data.count))
        return length + masked(length) + data + masked(data)
    }

    private static func masked(_ bytes: [UInt8]) -> [UInt8] {
        let sum = CRC32C.of(bytes)
        return ProtocolBuffer.littleEndian((sum >> 15 | sum << 17) &+ 0xa282_ead8)
    }
}

/// The wire format of protocol buffers, as far as an event needs it: a key (number of the field, kind) and the value.
enum ProtocolBuffer {
    static func integer(_ field: Int, _ value: UInt64) -> [UInt8] { variable(UInt64(field << 3)) + variable(value) }

    static func double(_ field: Int, _ value: Double) -> [UInt8] {
        variable(UInt64(field << 3 | 1)) + littleEndian(value.bitPattern)
    }

    static func bytes(_ field: Int, _ value: [UInt8]) -> [UInt8] {
        variable(UInt64(field << 3 | 2)) + variable(UInt64(value.count)) + value
    }

    static func float(_ field: Int, _ value: Float) -> [UInt8] {
        variable(UInt64(field << 3 | 5)) + littleEndian(value.bitPattern)
    }

    static func littleEndian(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func variable(_ value: UInt64) -> [UInt8] {
        var (rest, result): (UInt64, [UInt8]) = (value, [])
        while rest >= 0x80 {
            result.append(UInt8(rest & 0x7f | 0x80))
            rest >>= 7
        }
        return result + [UInt8(rest)]
    }
}

/// CRC-32C (Castagnoli; reflected, polynomial 0x82f63b78), which zlib does not have.
enum CRC32C {
    private static let polynomial: UInt32 = 0x82f6_3b78
    private static let table = (0..<256).map { (index: UInt32) -> UInt32 in
        var sum = index
        for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ polynomial : sum >> 1 }
        return sum
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8) }
        return ~sum
    }
}
