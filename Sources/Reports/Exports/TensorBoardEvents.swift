import Core
import Foundation

/// A run's numbers as a TensorBoard event file: TFRecords (length, masked CRC-32C of the length, data, masked CRC-32C of
/// the data) of `tensorflow.Event` messages, a scalar of Float32 each.
///
/// The ledger does not keep the time of every step, so all events carry the time at which the run began.
package struct TensorBoardEvents {
    /// A name that TensorBoard takes for an event file, the same for the same run.
    package let fileName: String
    /// The file.
    package let bytes: [UInt8]

    /// The events of `run`, by step and name.
    package init(_ run: ExportedRun) {
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
