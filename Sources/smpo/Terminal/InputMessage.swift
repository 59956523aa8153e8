import Ledger

extension Message {
    /// Says what is to be known of a command's inputs, a line each.
    static func note(_ notes: InputNotes) {
        for sentence in notes.sentences { note(sentence) }
    }
}
