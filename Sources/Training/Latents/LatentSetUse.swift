import Compute
import Core
import Datasets
import Foundation

/// Where a session finds the latents of its pictures, and what it does where they are not there.
package struct LatentSetUse {
    /// What is done.
    package enum Mode: Sendable {
        /// A set that is there is read, one that is not is made.
        case readOrMake
        /// A set that is not there is an error.
        case read
        /// The set is made again, whether it is there or not, in a folder that goes with the session.
        case makeAgain
    }

    /// What is done.
    package var mode: Mode
    /// The folder below which sets are that the recipe gives no folder.
    package var folder: String
    /// The folder of the set, whatever recipe and workspace say: of a copy of evidence.
    package var set: String?
    /// The folder below which scores of reward models are kept.
    package var scores: String
    /// Told of the pairs that are scored, and of all; may throw to stop.
    package var scored: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    /// Shown the data, and the digests of model and data, before latents of them are looked for or made; may throw.
    package var check: (_ data: RunData, _ digests: [String: Digest]) throws -> Void = { _, _ in }
    /// Told of the rows that are done, and of all; may throw to stop.
    package var progress: (_ done: Int, _ total: Int) throws -> Void
    /// Called again and again while another process makes the set; may throw to stop.
    package var waiting: () throws -> Void = {}

    /// By default sets are read, or made, below `.smpo/latents`, and scores below `.smpo/scores`.
    package init(
        _ mode: Mode = .readOrMake, folder: String = ".smpo/latents", scores: String = ".smpo/scores",
        progress: @escaping (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) {
        (self.mode, self.folder, self.scores, self.progress) = (mode, folder, scores, progress)
    }

    /// What is done with scores of a reward model, which `engine` makes.
    package func scores(by engine: Engine) -> RewardScoresUse {
        RewardScoresUse(mode, folder: scores, engine: engine.on(.reference), progress: scored)
    }
}

/// There is no latent set, and none was to be made.
package struct LatentSetMissing: Error, CustomStringConvertible {
    /// The folder.
    package let folder: String

    /// None in `folder`.
    package init(folder: String) { self.folder = folder }

    /// One line.
    package var description: String {
        "\(folder): no latent set is there (smpo data encode makes it, and so do smpo train and smpo audit)"
    }
}

/// The latents of a session.
package final class SessionLatents {
    /// The set.
    package let set: LatentSet
    /// Whether all of it was made for the session, and nothing read that was there.
    package let isOwn: Bool
    private let temporary: String?

    /// The set of `encoding`, as `use` says. - Throws: `LatentSetMissing`, `LatentSetMismatch`, and what reading and making
    /// throw.
    init(_ encoding: LatentEncoding, _ use: LatentSetUse) throws {
        let place = use.set ?? encoding.place(below: use.folder)
        switch use.mode {
        case .makeAgain:
            let folder = NSTemporaryDirectory() + "smpo-latents-\(UUID().uuidString)"
            temporary = folder
            do {
                (set, isOwn) = try encoding.make(in: folder, use)
            } catch {
                try? FileManager.default.removeItem(atPath: folder)
                throw error
            }
        case .read, .readOrMake:
            temporary = nil
            if LatentSet.isThere(place) {
                isOwn = false
                set = try encoding.read(place)
            } else {
                guard use.mode == .readOrMake else { throw LatentSetMissing(folder: place) }
                (set, isOwn) = try encoding.make(in: place, use)
            }
        }
    }

    /// Takes away a set that was made for the session in a folder that stays, and is of no use to others.
    package func discard() throws { if isOwn, temporary == nil { try set.remove() } }

    deinit { if let temporary { try? FileManager.default.removeItem(atPath: temporary) } }
}

extension LatentEncoding {
    /// The set in `folder`, which must be this encoding's. - Throws: `LatentSetMismatch`, and what `LatentSet.load` throws.
    package func read(_ folder: String) throws -> LatentSet {
        let set = try LatentSet.load(folder: folder)
        guard set.source == source, fits(set.layout) else { throw LatentSetMismatch(set, source) }
        return set
    }

    /// Makes what is missing of the set in `folder`, once: another process that makes it is waited for.
    /// - Returns: the set, and whether all of its files were made now.
    func make(in folder: String, _ use: LatentSetUse) throws -> (set: LatentSet, isWhole: Bool) {
        let lock = try LatentSetLock(folder, waiting: use.waiting)
        defer { withExtendedLifetime(lock) {} }
        let writer = writer(in: folder, captions())
        if let set = try writer.present() { return (set, false) }
        let files = try writer.missing()
        let total = files.reduce(0) { $0 + $1.rows.count }
        var done = 0
        for file in files {
            try writer.write(file, by: self) {
                done += 1
                try use.progress(done, total)
            }
        }
        return (try writer.finish(), files == writer.layout.files)
    }
}
