import Foundation

/// The ledger's times, ISO 8601 in UTC with milliseconds.
enum Timestamp {
    /// Milliseconds since 1970; nil for a text of another form.
    static func milliseconds(_ text: String) -> Int64? {
        let strategy = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let date = try? strategy.parse(text) else { return nil }
        return Int64((date.timeIntervalSince1970 * 1000).rounded())
    }
}
