import ArgumentParser
import Core
import Foundation
import Ledger

/// `smpo watch`
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow a run that another process is recording.",
        discussion: """
            Reads the ledger and nothing else: the run does not notice. On a
            terminal the picture is drawn anew at every look: progress, and the
            course of loss, margin, implicit accuracy and gradient norm. Otherwise
            a line is printed whenever there are new steps.

            Ends with the run. Ctrl-C ends the watching, not the run. A run whose
            process was killed is `abandoned`; it can be taken up with
            smpo train --resume.

            EXAMPLES
              smpo watch run-1
              smpo watch run-1 --once
              smpo watch run-1 --json --every 10

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Argument(help: "Name of the run.")
    var name: String

    @Option(help: "Seconds between two looks.")
    var every = 1.0

    @Flag(help: "Look once and end.")
    var once = false

    @Flag(help: "Print a line of JSON a look.")
    var json = false

    func validate() throws {
        guard every >= 0.1, every <= 3600 else {
            throw ValidationError("--every: expected 0.1 to 3600, found \(every)")
        }
    }

    func run() throws {
        guard let ledger = try Workspace().existingLedger() else {
            throw LedgerError.unknownRun(name: name, known: [])
        }
        let isTerminal = isatty(1) != 0 && !json
        var follower = RunFollower(name, in: ledger)
        var shown: (lines: Int, steps: Int, state: RunFollower.State)?
        while true {
            try follower.look()
            if isTerminal {
                let lines = WatchText.lines(follower, width: WatchCommand.terminalWidth)
                // Back to the first line of the picture before, each line written over.
                let back = shown.map { "\u{1B}[\($0.lines)A" } ?? ""
                write(back + lines.map { "\u{1B}[2K\($0)\n" }.joined() + "\u{1B}[J")
                shown = (lines.count, follower.figures.count, follower.state)
            } else if shown?.steps != follower.figures.count || shown?.state != follower.state {
                write((json ? WatchText.json(follower).canonical : WatchText.line(follower)) + "\n")
                shown = (1, follower.figures.count, follower.state)
            }
            guard follower.state == .running, !once else { break }
            usleep(UInt32(every * 1e6))
        }
        if follower.state == .abandoned || follower.state == .interrupted {
            Message.note("take it up with: smpo train --resume \(name)")
        }
    }

    /// Lines must come out one by one, also into a pipe.
    private func write(_ text: String) {
        print(text, terminator: "")
        StandardStreams.flush()
    }

    private static var terminalWidth: Int {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
