import ArgumentParser
import Audit
import Checkpoints
import Compute
import Core
import Ledger

/// The run or checkpoint that a word on the command line of `smpo diff`, `digest` and `inspect` stands for.
enum CheckpointInput {
    /// A recorded run.
    case run(String)
    /// The weights of a recorded run after a step.
    case runCheckpoint(run: String, step: Int)
    /// A file or folder.
    case path(String)

    /// `RUN@step-N` is a run's checkpoint; a name that a manifest, golden log or the ledger knows is a run; all else is a
    /// path. `./NAME` is a path in any case. - Throws: what reading the ledger throws.
    init(_ word: String, workspace: Workspace) throws {
        if let (run, step) = Self.checkpoint(word) {
            self = .runCheckpoint(run: run, step: step)
        } else if RunName.isValid(word), try Self.isRun(word, workspace) {
            self = .run(word)
        } else {
            self = .path(word)
        }
    }

    /// Reads `RUN@step-N`; nil for anything else.
    private static func checkpoint(_ word: String) -> (run: String, step: Int)? {
        guard let mark = word.firstRange(of: "@step-") else { return nil }
        let (run, number) = (String(word[..<mark.lowerBound]), String(word[mark.upperBound...]))
        guard RunName.isValid(run), let step = Int(number), step > 0, "\(step)" == number else { return nil }
        return (run, step)
    }

    private static func isRun(_ word: String, _ workspace: Workspace) throws -> Bool {
        if FileContents.exists(workspace.manifest(word)) || GoldenLog.exists(folder: workspace.golden(word)) {
            return true
        }
        return try workspace.existingLedger()?.runs().contains { $0.name == word } ?? false
    }

    /// The tensors: of a run those of the model that it ended with. Files of a folder that one of the patterns `ignored`
    /// matches are left alone. - Throws: `CheckpointError`, `TamperError`.
    func checkpoint(_ workspace: Workspace, engine: Engine, ignoring ignored: [String] = []) throws -> Checkpoint {
        switch self {
        case .run(let run):
            let folder = workspace.model(run)
            guard FileContents.isFolder(folder) else {
                throw CheckpointError(
                    .layout, file: folder, "the model that the run ended with is not here",
                    hint: "name a checkpoint, \(run)@step-N, or a file")
            }
            return try Checkpoint(opening: folder, ignoring: ignored)
        case .runCheckpoint(let run, let step):
            return try Run(run, in: workspace).weights(after: step, on: engine)
        case .path(let path):
            guard FileContents.exists(path) else {
                throw CheckpointError(
                    .unreadable, file: path, "there is no such file, folder or run",
                    hint: "smpo runs list shows the runs")
            }
            return try Checkpoint(opening: path, ignoring: ignored)
        }
    }
}
