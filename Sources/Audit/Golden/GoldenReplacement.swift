import Core
import Foundation
import Ledger

/// A run that could take a golden one's place: the folder `.smpo/review/RUN/`, a golden log with `review.json`, which
/// says what it was held against.
package struct GoldenReplacement: Sendable {
    /// The run.
    package let run: String
    /// The folder.
    package let folder: String
    private let workspace: Workspace

    /// The replacement of a run may not be taken.
    package struct Unusable: Error, Equatable, CustomStringConvertible {
        /// The run, and what is wrong.
        package let run: String, problem: String
        /// The message.
        package var description: String { "\(run): \(problem); look again with: smpo golden review \(run)" }

        /// A replacement that may not be taken.
        package init(run: String, problem: String) { (self.run, self.problem) = (run, problem) }
    }

    /// The replacement of `run`, which may not be there.
    package init(_ run: String, in workspace: Workspace) {
        (self.run, folder, self.workspace) = (run, "\(workspace.reviews)/\(run)", workspace)
    }

    /// The runs of which there is a replacement, in byte order.
    package static func all(in workspace: Workspace) -> [String] {
        let names = (try? FileContents.names(in: workspace.reviews)) ?? []
        return names.filter { GoldenReplacement($0, in: workspace).exists }
    }

    private var notePath: String { folder + "/review.json" }

    /// Whether it is there, and whole.
    package var exists: Bool { FileContents.exists(notePath) }

    /// Takes the folder away. - Throws: `FileError`.
    package func remove() throws {
        // The note first: without it the rest counts for nothing.
        try FileContents.remove([notePath])
        guard FileContents.exists(folder) else { return }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw FileError(operation: "remove", path: folder, code: EIO)
        }
    }

    /// Notes what the replacement was held against: from now on it is there. - Throws: `FileError`.
    func note(_ drift: Drift) throws {
        try AtomicFile.write(drift.json.pretty, to: notePath)
    }

    /// The replacement's golden log, if it is still one of the golden run as it is and of the recipe that the run's
    /// policy names. - Throws: `Unusable` when it is not; `FileError`, `JSONShapeError`, `TamperError`.
    package func open() throws -> GoldenLog {
        guard exists else { throw Unusable(run: run, problem: "no review of it is there") }
        let note = JSONCursor(try JSONValue.read(notePath), name: "review", file: notePath)
        let reviewed = try note["recorded"]["chain_head"].digest()
        guard GoldenLog.exists(folder: workspace.golden(run)) else {
            throw Unusable(run: run, problem: "the golden run that was reviewed is no longer there")
        }
        let head = try GoldenLog(folder: workspace.golden(run)).outcome.chainHead
        guard head == reviewed else {
            throw Unusable(
                run: run,
                problem: "the review is stale: it was of the chain head \(reviewed), the golden run has \(head)")
        }
        let log = try GoldenLog(folder: folder)
        let policy = try GoldenPolicy.read("\(workspace.golden(run))/\(GoldenPolicy.fileName)")
        if let change = try policy.recipe?.changes(from: log.manifest.inputs.recipe, root: workspace.root).first {
            throw Unusable(
                run: run,
                problem: "the review is stale: \(change.difference.path) has changed in \(change.file) since")
        }
        guard log.manifest.run == run else {
            throw Unusable(run: run, problem: "\(folder)/manifest.json is of the run \(log.manifest.run)")
        }
        return log
    }
}
