import Core
import Ledger

/// What a run is made of and who vouches for it, to be copied.
package struct ProvenanceCard: PageSection {
    /// A name and what stands under it.
    package struct Entry: Sendable, Equatable {
        /// The group: `signatures`, `outcome`, …
        package let group: String
        /// What it is.
        package let name: String
        /// What stands there: a digest, a word.
        package let value: String

        /// An entry.
        package init(_ group: String, _ name: String, _ value: String) {
            (self.group, self.name, self.value) = (group, name, value)
        }
    }

    /// The run.
    package let run: String
    /// The entries, those of a group together.
    package let entries: [Entry]

    /// The anchor.
    package let key: String
    /// The heading.
    package let title: String

    /// A card of a run; `isOnly` unless the page has several.
    package init(run: String, entries: [Entry], number: Int? = nil) {
        (self.run, self.entries) = (run, entries)
        key = "provenance" + (number.map { "-\($0)" } ?? "")
        title = "Provenance" + (number == nil ? "" : " of \(run)")
    }

    /// What a manifest says, and who has signed it.
    package init(_ manifest: Manifest, signers: Attestations.Signers, number: Int? = nil) {
        let (inputs, circumstances) = (manifest.inputs, manifest.circumstances)
        var entries = signers.known.flatMap {
            [Entry("signatures", "signed by", "\($0)"), Entry("signatures", "key", $0.id.hex)]
        }
        entries += signers.unknown.map { Entry("signatures", "by a key that is not known", $0) }
        if signers == .init() { entries.append(Entry("signatures", "signed by", "nobody")) }
        if let outcome = manifest.outcome {
            entries += [
                Entry("outcome", "steps", "\(outcome.steps)"), Entry("outcome", "chain head", outcome.chainHead.hex),
                Entry("outcome", "steps root", outcome.stepsRoot.hex),
                Entry("outcome", "weights digest", outcome.weightsDigest.hex),
                Entry(
                    "outcome", "files of the model",
                    outcome.files.map { "\($0.count), each with its digest" }
                        ?? "not stated: a manifest of format 2 covers the trained weights alone"),
            ]
        } else {
            entries.append(Entry("outcome", "steps", "the run is not finished"))
        }
        entries += [
            Entry("manifest", "manifest digest", manifest.digest.hex),
            Entry("manifest", "inputs digest", inputs.digest.hex),
            Entry("manifest", "contract", inputs.contract), Entry("manifest", "backend", inputs.backend),
            Entry("manifest", "seed", "\(inputs.seed)"),
        ]
        entries += inputs.digests.sorted { utf8Less($0.key, $1.key) }.map { Entry("inputs", $0.key, $0.value.hex) }
        entries += circumstances.inputNotes.sentences.map { Entry("inputs", "note", $0) }
        entries += [
            Entry("environment", "instruction set", circumstances.isa),
            Entry("environment", "workers", "\(circumstances.workers)"),
            Entry("environment", "build", circumstances.build), Entry("environment", "host", circumstances.host),
        ]
        entries += circumstances.versions.sorted { utf8Less($0.key, $1.key) }.map {
            Entry("environment", $0.key, $0.value)
        }
        self.init(run: manifest.run, entries: entries, number: number)
    }

    /// What it says.
    package var sentences: [String] {
        let signed = entries.filter { $0.group == "signatures" && $0.name == "signed by" && $0.value != "nobody" }
        return [
            signed.isEmpty
                ? "No known key has signed \(run)."
                : "\(run) is signed by \(signed.map(\.value).joined(separator: ", ")).",
            "The environment is noted and must not matter; all else determines the bits or follows from them.",
        ]
    }

    /// The entries.
    package func table(_ detail: PageDetail) -> PageTable? {
        PageTable(["group", "what", "value"], entries.map { [$0.group, $0.name, $0.value] })
    }

    /// The card; a click or tap into a value selects all of it.
    package func drawing(_ detail: PageDetail) -> String {
        var (html, group) = ("", "")
        for entry in entries {
            if entry.group != group {
                html += (group.isEmpty ? "" : "</dl>") + "<h3>\(VisibleText.html(entry.group))</h3><dl class=\"card\">"
                group = entry.group
            }
            html +=
                "<div><dt>\(VisibleText.html(entry.name, most: 200))</dt>"
                + "<dd><code>\(VisibleText.html(entry.value, most: 400))</code></dd></div>"
        }
        return html + (group.isEmpty ? "" : "</dl>")
    }

    /// For programs.
    package var json: JSONValue {
        [
            "run": .string(run),
            "entries": .array(
                entries.map { ["group": .string($0.group), "name": .string($0.name), "value": .string($0.value)] }),
        ]
    }
}
