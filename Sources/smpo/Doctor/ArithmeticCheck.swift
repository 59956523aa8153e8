import Compute
import Core
import Foundation
import Reports
import Synchronization

/// The float environment, here and on the workers, and SHA-256: whether it is right, and how fast.
enum ArithmeticCheck {
    static var section: HealthReport.Section {
        let (environment, isRight, speed) = (floatEnvironment(), isSHA256Right, megabytesPerSecond())
        var faults = environment.map { [HealthReport.Fault(.trouble, $0)] } ?? []
        if !isRight { faults.append(HealthReport.Fault(.trouble, "SHA-256 of \"abc\" is not that of FIPS 180-4")) }
        let rounding = environment == nil ? "rounds to nearest even, keeps subnormals, on workers too" : "another one"
        return HealthReport.Section(
            "arithmetic and digests", key: "arithmetic",
            value: [
                "float_environment": .bool(environment == nil), "sha256": .bool(isRight),
                "sha256_megabytes_per_second": .integer(speed),
            ],
            lines: [
                (label: "float environment", text: rounding),
                (label: "SHA-256", text: "\(isRight ? "right" : "WRONG"), \(speed) MB/s on one core"),
            ], faults: faults)
    }

    /// The fault of the calling thread's float environment or a worker's, or nil.
    private static func floatEnvironment() -> String? {
        let engine = Engine(workers: 3)
        defer { engine.stop() }
        let found = Mutex<String?>(nil)
        engine.pool.run(tasks: 300) { _, _ in
            do { try FloatEnvironment.check() } catch { found.withLock { $0 = "\(error)" } }
        }
        return found.withLock { $0 }
    }

    private static var isSHA256Right: Bool {
        var stream = SHA256Stream()
        stream.update("abc")
        return stream.finalize().hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }

    /// Millions of bytes a second over a fifth of a second.
    private static func megabytesPerSecond() -> Int {
        let block = [UInt8](repeating: 0x5a, count: 1 << 24)
        var stream = SHA256Stream()
        var count = 0
        let begin = ContinuousClock.now
        repeat {
            stream.update(block)
            count += block.count
        } while ContinuousClock.now - begin < .milliseconds(200)
        _ = stream.finalize()
        return Int(Double(count) / 1e6 / ((ContinuousClock.now - begin) / .seconds(1)))
    }
}
