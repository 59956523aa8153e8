import Core
import Ledger

/// The documents that speak of one run, each with its path: its manifest, that of its golden log, and the ledger's. What a
/// replay does not prove they must state alike, for no replay would tell which of them is right.
struct RunDocuments {
    let run: String
    let written: (file: String, manifest: Manifest)?
    let golden: (file: String, manifest: Manifest)?
    let ledger: (file: String, manifest: Manifest)?

    private var all: [(file: String, manifest: Manifest)] { [written, golden, ledger].compactMap(\.self) }

    /// The manifest that counts: all others must have its inputs. Nil where there is no document.
    var first: Manifest? { all.first?.manifest }

    /// The outcome that each document states, of those that state one.
    var outcomes: [(file: String, outcome: ManifestOutcome)] {
        all.compactMap { file, manifest in manifest.outcome.map { (file, $0) } }
    }

    /// Checks that all are of this run, with the same inputs, the same mark of a golden run, and the same statements beside
    /// those that a replay proves. - Throws: `TamperError`; `JSONShapeError` for a mark of another form.
    func requireAgreement() throws {
        for (file, manifest) in all {
            try require(manifest.run == run, file, "run", expected: run, found: manifest.run)
            // The ledger's run of the same name may be another one: the golden one is what its name promises.
            let expected = all[0].manifest.inputs.digest
            try require(
                manifest.inputs.digest == expected, file, "inputs digest", expected: expected.hex,
                found: manifest.inputs.digest.hex)
        }
        if let golden, let written {
            // An acceptance writes both: one brought down to an older format would state less.
            try require(
                golden.manifest.format == written.manifest.format, golden.file, "format",
                expected: "\(written.manifest.format), as \(written.file) has", found: "\(golden.manifest.format)")
            // Whoever takes the golden run away must not have taken its mark away before.
            let mark = try golden.manifest.goldenMark()
            let other = try written.manifest.goldenMark(file: written.file)
            try require(
                mark == other, written.file, "circumstances.\(GoldenMark.key)",
                expected: mark?.json.canonical ?? "nothing", found: other?.json.canonical ?? "nothing")
        }
        try requireOneStatement()
    }

    private func requireOneStatement() throws {
        var first: [String: (file: String, text: String)] = [:]
        for (file, outcome) in outcomes {
            var members = outcome.other.members.map { (key: $0.key, text: $0.value.canonical) }
            // A golden run that was accepted from a review states no ledger; nor does format 2.
            if let ledger = outcome.ledger { members.append((key: "ledger", text: ledger.json.canonical)) }
            for (key, text) in members {
                guard let known = first[key] else {
                    first[key] = (file, text)
                    continue
                }
                try require(
                    known.text == text, file, "outcome.\(key)", expected: "\(known.text), as \(known.file) says",
                    found: text)
            }
        }
    }

    private func require(_ holds: Bool, _ file: String, _ field: String, expected: String, found: String) throws {
        guard !holds else { return }
        throw TamperError(file: file, run: run, step: nil, field: field, expected: expected, found: found)
    }
}
