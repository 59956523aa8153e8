import Compute
import Core
import Foundation
import Ledger
import Ranks
import TinyRuns

@testable import Training

/// Runs recorded by several ranks, which are threads.
enum RankedRuns {
    /// Records run-1, or takes it up, in the workspace `folder`; gives what it came to, or nil where it was stopped after `stop`.
    static func record(
        _ recipe: String, _ overrides: [String] = [], ranks: Int, in folder: String, resuming: Bool = false,
        stop: Int? = nil, on device: @escaping @Sendable (Engine) -> Engine = { $0 },
        through wrap: @escaping @Sendable (any RankGroup) -> any RankGroup = { $0 }
    ) throws -> Manifest? {
        try outcomes(
            recipe, overrides, ranks: ranks, in: folder, resuming: resuming, stop: stop, on: device, through: wrap
        )
        .map { try $0.result.get() }[0]
    }

    /// How each rank ended.
    static func outcomes(
        _ recipe: String, _ overrides: [String] = [], ranks: Int, in folder: String, resuming: Bool = false,
        stop: Int? = nil, on device: @escaping @Sendable (Engine) -> Engine = { $0 },
        through wrap: @escaping @Sendable (any RankGroup) -> any RankGroup = { $0 }
    ) -> [ThreadRanks.Ending<Manifest?>] {
        ThreadRanks.outcomes(ranks, limit: .seconds(120)) { group in
            let group = wrap(group)
            let host = Engine(workers: 1)
            defer { host.stop() }
            let engine = device(host)
            let session = try TrainingSession(
                recipe: try Recipe.read(path: recipe, overrides: overrides), engine: engine,
                ranks: TrainingRanks(group))
            // Any rank may be asked to stop: here it is the last.
            let stops = { group.rank == group.size - 1 && session.trainer.steps == stop }
            guard group.rank == 0 else {
                _ = try FollowingRank(session).run(shouldStop: stops)
                try group.close()
                return nil
            }
            let recording = RunSupport.recording(session, folder)
            let ending =
                try resuming
                ? recording.resume(run: "run-1", onStep: { _, _ in }, shouldStop: stops)
                : recording.record(name: nil, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: stops)
            try group.close()
            guard case .finished(let manifest) = ending else { return nil }
            return manifest
        }
    }

    /// The names of the objects of a workspace, which are the digests of their bytes.
    static func objects(in folder: String) throws -> Set<String> {
        let root = URL(filePath: Workspace(root: folder).objects.folder)
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return Set((files?.allObjects as? [URL] ?? []).map(\.lastPathComponent).filter { $0.count > 32 })
    }
}
