import Core
import Datasets
import Foundation

/// The progress of a latent set: its captions, then its pairs, each with a time of its own to go, since a picture takes much
/// longer than a caption.
final class EncodingProgress {
    private let writer: LatentSetWriter
    private let total: [LatentSetFile.Kind: Int]
    private var waiting: [LatentSetFile]
    private var done: [LatentSetFile.Kind: Int] = [:]
    private var bar: (kind: LatentSetFile.Kind, bar: ProgressBar)?
    private var lastLook = ContinuousClock.now

    /// Of the files that are missing.
    init(_ writer: LatentSetWriter, _ missing: [LatentSetFile]) {
        self.writer = writer
        waiting = missing
        total = missing.reduce(into: [:]) { $0[$1.kind, default: 0] += $1.rows.count }
    }

    /// A row of a file is done.
    func row(of file: LatentSetFile) { add(1, file.kind) }

    /// Counts the files that other processes have made since, once a second.
    func look() {
        guard ContinuousClock.now - lastLook > .seconds(1) else { return }
        lastLook = .now
        waiting.removeAll { file in
            guard FileContents.exists("\(writer.folder)/\(file.name)") else { return false }
            add(file.rows.count, file.kind)
            return true
        }
    }

    private func add(_ rows: Int, _ kind: LatentSetFile.Kind) {
        done[kind, default: 0] += rows
        if bar?.kind != kind {
            bar?.bar.finish()
            bar = (kind, ProgressBar(total: total[kind] ?? 0, unit: kind == .pairs ? "pair" : "caption"))
        }
        bar?.bar.update(done[kind] ?? 0)
    }

    func finish() {
        bar?.bar.finish()
        bar = nil
    }

    /// Progress of a reward model that scores pairs.
    static func ofScores() -> (_ done: Int, _ total: Int) throws -> Void {
        var bar: ProgressBar?
        return { done, total in
            try stopIfAsked()
            if bar == nil { bar = ProgressBar(total: total, unit: "scored pair") }
            bar?.update(done)
            if done == total { bar?.finish() }
        }
    }

    /// - Throws: `ExitCode` where somebody has asked to stop: what is written of a file then goes.
    static func stopIfAsked() throws { if Interrupt.isRequested { throw ExitStatus.interrupted.code } }
}
