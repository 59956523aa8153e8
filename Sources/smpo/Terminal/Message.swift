import Core

/// Lines for people. What comes from files in them moves no cursor and makes no line of its own.
enum Message {
    /// A note on stderr, of one line or more.
    static func note(_ text: String) { StandardError.write(VisibleText.block("smpo: \(text)") + "\n") }

    /// A line of a result on stdout.
    static func line(_ text: String) { print(VisibleText.of(text, most: .max)) }
}
