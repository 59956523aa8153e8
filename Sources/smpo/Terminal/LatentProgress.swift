import Ledger
import Training

/// The making of a session's latents, or the waiting for another process that makes them, on the terminal. Control-C ends both.
final class LatentProgress {
    private let note: String?
    private var bar: ProgressBar?
    private var waits = false

    /// `note` is said before the first row is made.
    init(_ note: String? = nil) { self.note = note }

    /// Latents of the workspace, shown while they are made.
    func use(_ mode: LatentSetUse.Mode, in workspace: Workspace) -> LatentSetUse {
        var use = LatentSetUse(mode, folder: workspace.latents, scores: workspace.scores) { done, total in
            try EncodingProgress.stopIfAsked()
            if self.bar == nil {
                if let note = self.note { Message.note(note) }
                self.bar = ProgressBar(total: total, unit: "row of latents")
            }
            self.bar?.update(done)
            if done == total { self.bar?.finish() }
        }
        use.waiting = waiting
        use.scored = EncodingProgress.ofScores()
        return use
    }

    /// Another process makes the set.
    func waiting() throws {
        if !waits { Message.note("another process is making these latents: waiting for it") }
        waits = true
        try EncodingProgress.stopIfAsked()
    }
}
