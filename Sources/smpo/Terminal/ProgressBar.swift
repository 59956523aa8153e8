import Core
import Foundation

/// A bar with ETA on a terminal, plain lines now and then otherwise; always on stderr.
final class ProgressBar {
    private let total: Int
    private let unit: String
    private let isTerminal = isatty(2) != 0
    private let begin = Date()
    private let first: Int
    private var lastLine = Date.distantPast

    /// `first` items are done already.
    init(total: Int, unit: String, first: Int = 0) {
        self.total = total
        self.unit = unit
        self.first = first
    }

    /// `done` of all items are done; `note` is printed behind the bar.
    func update(_ done: Int, note: String = "") {
        let note = VisibleText.of(note)
        let elapsed = Date().timeIntervalSince(begin)
        let rest = done > first ? elapsed / Double(done - first) * Double(total - done) : 0
        if isTerminal {
            let width = 24
            let filled = total == 0 ? width : width * done / total
            let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
            write("\r\u{1B}[2K\(unit) \(done)/\(total) \(bar) \(note)  ETA \(ProgressBar.clock(rest))")
        } else if done == total || Date().timeIntervalSince(lastLine) >= 5 {
            lastLine = Date()
            write("\(unit) \(done)/\(total)  \(note)  ETA \(ProgressBar.clock(rest))\n")
        }
    }

    /// Ends the bar's line.
    func finish() {
        if isTerminal { write("\n") }
    }

    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        return whole >= 3600
            ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
            : String(format: "%d:%02d", whole / 60, whole % 60)
    }

    private func write(_ text: String) { StandardError.write(text) }
}
