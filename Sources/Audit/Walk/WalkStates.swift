import Checkpoints
import Compute
import Core
import Foundation
import Ledger
import Training

/// The files in which a walk leaves the states before drawn steps, for whoever computes the steps and their lanes.
///
/// Before a step that is computed whole it is a training state; before one of which lanes are, the weights and the reference.
/// A file's content is held against the record of the step before.
package struct WalkStates {
    /// The folder.
    package let folder: String

    /// The files in `folder`, which need not be there.
    package init(_ folder: String) { self.folder = folder }

    private func path(before step: Int) -> String { "\(folder)/before-\(step).safetensors" }

    /// Leaves the state of `trainer`; that of the beginning is in the run's model. - Throws: `FileError`.
    func leave(_ trainer: Trainer, whole: Bool) throws {
        guard trainer.steps > 0 else { return }
        try FileContents.makeFolder(folder)
        try AtomicFile.write(to: path(before: trainer.steps + 1)) { file in
            try TrainingCheckpoint.stream(trainer, whole ? .state : .weights) { try file.append($0) }
        }
    }

    /// The files that are there, each with its size and the digest of its weights, which is the record's.
    func listing(of draw: UnitDraw, _ run: Run) -> [JSONValue] {
        Set(draw.units.map(\.step)).sorted().compactMap { step in
            let path = path(before: step)
            guard let size = FileContents.size(path), let digest = run.records(of: step - 1).first?.weightsDigest else {
                return nil
            }
            return [
                "before_step": .integer(step), "file": .string("before-\(step).safetensors"), "bytes": .integer(size),
                "weights": .digest(digest),
            ]
        }
    }

    /// A file that is not the state that a unit begins from.
    package struct Unusable: Error, CustomStringConvertible {
        let path: String, reason: String
        /// The message.
        package var description: String {
            "\(path): not the state that the run's record tells of (\(reason)); remove the job's folder and ask again, so "
                + "that the walk leaves it anew"
        }
    }

    /// Puts the state before `unit` into `session`; gives whether the walk has left it.
    /// - Throws: `Unusable` where its content is not what the record of the step before says.
    func restore(before unit: DrawnUnit, _ session: TrainingSession, _ run: Run) throws -> Bool {
        guard unit.step > 1 else { return true }
        let path = path(before: unit.step)
        guard FileContents.exists(path) else { return false }
        guard let record = run.records(of: unit.step - 1).first else { return false }
        let contents = unit.lane == nil ? TrainingCheckpoint.Contents.state : .weights
        do {
            let file = try Checkpoint(safetensors: path)
            try TrainingCheckpoint.check(
                file, against: record, run: run.name, engine: session.trainer.model.engine, contents)
            try TrainingCheckpoint.restore(file, into: session.trainer, contents)
        } catch {
            // What lies in a job's folder is no evidence of the run.
            throw Unusable(path: path, reason: "\(error)")
        }
        return true
    }
}
