import Compute
import Core
import Foundation

/// A device that does not give the known answers: whatever it computed would be another run.
struct DistrustedDevice: Error, CustomStringConvertible {
    let device: String
    let check: KnownAnswerCheck

    var description: String {
        let wrong = check.mismatches.map(\.name).joined(separator: ", ")
        return
            "\(device) is not trusted: \(check.mismatches.count) of \(check.asked) known answers are wrong (\(wrong)). "
            + "`smpo doctor --device \(device)` shows them; compute on the CPU, or on another device"
    }
}

/// Whether a device has given the known answers, which is asked before it computes anything that counts. That it has is
/// kept for the device, the driver and the program; that it has not is asked again each time.
struct DeviceTrust {
    private let name: String
    private let path: String?
    /// What the file says of a device that gave the answers.
    private let text: String

    init(_ device: CudaDevice) {
        name = "\(DeviceName.cuda(device.hardware.index))"
        var hash = SHA256Stream()
        hash.update("\(device.hardware.uuid) \(device.programDigest.hex) \(device.codeDigest.hex)\n")
        for contract in Contract.allCases {
            for answer in KnownAnswer.operations(contract) { hash.update("\(answer.name) \(answer.digest)\n") }
        }
        for trial in DeviceTrial.all { hash.update("\(trial.name)\n") }
        let digest = hash.finalize().hex
        path = CudaInstallation.folder.map { "\($0)/\(digest).answers" }
        text = "\(device.hardware.name) \(device.hardware.uuid) gave the known answers\n"
    }

    /// Asks `engine`, unless the same device has answered before.
    /// - Throws: `DistrustedDevice`.
    func check(_ engine: Engine) throws {
        if let path, (try? String(contentsOfFile: path, encoding: .utf8)) == text { return }
        for contract in Contract.allCases {
            let check = KnownAnswerCheck(contract, on: engine)
            guard check.mismatches.isEmpty else { throw DistrustedDevice(device: name, check: check) }
        }
        note(true)
    }

    /// Keeps whether the device has given all answers: one that has not is asked again before it is used.
    func note(_ isTrusted: Bool) {
        guard let path else { return }
        guard isTrusted else { return (try? FileManager.default.removeItem(atPath: path)) ?? () }
        try? FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try? AtomicFile.write(text, to: path)
    }
}
