import Compute
import Core
import Foundation
import Jobs
import Testing

@testable import Audit

/// What the process of a configuration that is to be measured may come to.
@Suite struct CalibrationJobTests {
    private let job = CalibrationJob(core: "Haswell", threads: 2, backend: .openblas)

    private func ending(core: String) -> CommandEnding {
        let measurement = BandMeasurement(
            configuration: ["backend": "openblas", "openblas": ["core": .string(core)]], steps: [[]])
        return CommandEnding(
            job.job("folder", recorded: .sha256([1])).commands[0], .exit(0), output: measurement.json.canonicalBytes)
    }

    /// The library takes kernels of its own choice where it does not know a name: such a measurement is another's.
    @Test func onlyTheKernelsThatWereAskedForCount() throws {
        guard case .measured = try job.outcome(ending(core: "HASWELL")) else {
            Issue.record("expected a measurement")
            return
        }
        guard case .otherCore("Zen") = try job.outcome(ending(core: "Zen")) else {
            Issue.record("expected another core")
            return
        }
    }

    @Test func aProcessThatFailsSaysWhy() throws {
        let command = job.job("folder", recorded: .sha256([1])).commands[0]
        guard case .failed(let reason) = try job.outcome(CommandEnding(command, .signal(SIGILL))) else {
            Issue.record("expected a failure")
            return
        }
        #expect(reason == "the CPU lacks its instructions")
        #expect(throws: CommandFailure.self) { try job.outcome(CommandEnding(command, .notStarted("no room"))) }
        #expect(throws: (any Error).self) { try job.outcome(CommandEnding(command, .exit(0))) }
    }

    /// Measured distances are those from one recording, in one configuration.
    @Test func theKeyStandsForRecordingAndConfiguration() {
        func key(_ job: CalibrationJob, recorded: UInt8 = 1) -> Digest {
            job.job("folder", recorded: .sha256([recorded])).key
        }
        let others = [
            CalibrationJob(core: nil, threads: 2, backend: .openblas),
            CalibrationJob(core: "Haswell", threads: 1, backend: .openblas),
            CalibrationJob(core: nil, threads: 2, backend: .reference),
        ]
        #expect(Set([key(job), key(job, recorded: 2)] + others.map { key($0) }).count == 5)
    }
}
