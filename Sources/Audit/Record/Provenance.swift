import Core
import Ledger
import Pages

/// What a run is made of and who vouches for it, to be copied.
package enum Provenance {
    /// What a manifest says, and who has signed it; with its `number` where a page has several.
    package static func finding(_ manifest: Manifest, signers: Attestations.Signers, number: Int? = nil) -> Finding {
        let (inputs, circumstances) = (manifest.inputs, manifest.circumstances)
        var facts = signers.known.flatMap {
            [Fact("signed by", "\($0)", in: "signatures"), Fact("key", $0.id.hex, in: "signatures")]
        }
        facts += signers.unknown.map { Fact("by a key that is not known", $0, in: "signatures") }
        if signers == .init() { facts.append(Fact("signed by", "nobody", in: "signatures")) }
        if let outcome = manifest.outcome {
            facts += [
                Fact("steps", "\(outcome.steps)", in: "outcome"),
                Fact("chain head", outcome.chainHead.hex, in: "outcome"),
                Fact("steps root", outcome.stepsRoot.hex, in: "outcome"),
                Fact("weights digest", outcome.weightsDigest.hex, in: "outcome"),
                Fact(
                    "files of the model",
                    outcome.files.map { "\($0.count), each with its digest" }
                        ?? "not stated: a manifest of format 2 covers the trained weights alone", in: "outcome"),
            ]
        } else {
            facts.append(Fact("steps", "the run is not finished", in: "outcome"))
        }
        facts += [
            Fact("manifest digest", manifest.digest.hex, in: "manifest"),
            Fact("inputs digest", inputs.digest.hex, in: "manifest"),
            Fact("contract", inputs.contract, in: "manifest"), Fact("backend", inputs.backend, in: "manifest"),
            Fact("seed", "\(inputs.seed)", in: "manifest"),
        ]
        facts += inputs.digests.sorted { utf8Less($0.key, $1.key) }.map { Fact($0.key, $0.value.hex, in: "inputs") }
        facts += circumstances.inputNotes.sentences.map { Fact("note", $0, in: "inputs") }
        facts += [
            Fact("instruction set", circumstances.isa, in: "environment"),
            Fact("workers", "\(circumstances.workers)", in: "environment"),
            Fact("build", circumstances.build, in: "environment"), Fact("host", circumstances.host, in: "environment"),
        ]
        if let device = circumstances.other["device"].map({ JSONCursor($0, name: "device") }),
            let name = try? device["hardware"].string(), let driver = try? device["driver"].string()
        {
            facts.append(Fact("device", "\(name), driver for CUDA \(driver)", in: "environment"))
        }
        facts += circumstances.versions.sorted { utf8Less($0.key, $1.key) }.map {
            Fact($0.key, $0.value, in: "environment")
        }
        let known = signers.known.map { "\($0)" }
        return finding(run: manifest.run, signed: known, facts, number: number)
    }

    /// A list of `facts` on a run that is `signed` by some.
    package static func finding(run: String, signed: [String], _ facts: [Fact], number: Int? = nil) -> Finding {
        var finding = Finding(
            "provenance" + (number.map { "-\($0)" } ?? ""), "Provenance" + (number == nil ? "" : " of \(run)"),
            says: [
                signed.isEmpty
                    ? "No known key has signed \(run)." : "\(run) is signed by \(signed.joined(separator: ", ")).",
                "The environment is noted and must not matter; all else determines the bits or follows from them.",
            ],
            data: ["run": .string(run), "entries": .array(facts.map(\.json))])
        finding.contents = [.facts(facts)]
        return finding
    }
}
