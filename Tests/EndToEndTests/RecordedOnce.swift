import Foundation
import Testing
import TinyRuns

/// Records into one sandbox before the first test of a suite, and hands it to all of them: `Sandbox.recorded`. They only
/// read it; a test that changes something takes a copy.
struct RecordedOnce: SuiteTrait, TestScoping {
    @TaskLocal fileprivate static var sandbox: Sandbox?

    /// Records what the suite needs.
    let record: @Sendable (Sandbox) throws -> Void

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let sandbox = Sandbox(runs: try TinyRuns())
        defer { sandbox.runs.remove() }
        try record(sandbox)
        try await RecordedOnce.$sandbox.withValue(sandbox) { try await function() }
    }
}

extension SuiteTrait where Self == RecordedOnce {
    /// One sandbox for the suite, into which `record` records.
    static func recordedOnce(_ record: @escaping @Sendable (Sandbox) throws -> Void) -> RecordedOnce {
        RecordedOnce(record: record)
    }
}

extension Sandbox {
    /// The sandbox of the suite's `RecordedOnce`.
    static var recorded: Sandbox {
        get throws { try #require(RecordedOnce.sandbox, "the suite has no trait .recordedOnce") }
    }

    /// A copy of the suite's sandbox, removed after `body`. Paths in its manifests are those of the original.
    static func withCopy(_ body: (Sandbox) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "copy-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: try recorded.runs.folder, toPath: folder)
        let copy = Sandbox(runs: try TinyRuns(folder: folder))
        defer { copy.runs.remove() }
        try body(copy)
    }
}
