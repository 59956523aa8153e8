import Core
import Ledger
import Pages

/// What other programs are told of a recorded run: its settings, and its numbers step by step.
package struct ExportedRun: Sendable {
    /// The run as the ledger has it, its times included.
    package let summary: RunSummary
    /// The manifest; its outcome is nil for a run that is not finished.
    package let manifest: Manifest
    /// The numbers of every step, in order.
    package let figures: [StepFigures]
    /// What was measured between the steps.
    package let measures: [(step: Int, name: String, value: Double)]

    /// Reads a run, which is verified on the way. - Throws: `LedgerError`, `TamperError`.
    package init(_ name: String, in ledger: LedgerStore) throws {
        var figures: [StepFigures] = []
        manifest = try ledger.verify(name) { figures.append(StepFigures($0.record)) }.manifest
        self.figures = figures
        summary = try ledger.run(name)
        measures = try ledger.measures(of: name)
    }

    /// All numbers: name, step, value; by name, then by step.
    package var series: [(name: String, points: [(step: Int, value: Double)])] {
        var points: [String: [(Int, Double)]] = [:]
        for step in figures {
            for (name, value) in step.named { points[name, default: []].append((step.step, value)) }
        }
        for measure in measures { points[measure.name, default: []].append((measure.step, measure.value)) }
        return points.sorted { utf8Less($0.key, $1.key) }.map { ($0.key, $0.value) }
    }

    /// The recipe's values by their paths, as `optimizer.lr`: numbers as shortest decimals; what is null is left out.
    package var parameters: [(name: String, value: String)] {
        func flatten(_ value: JSONValue, _ path: String) -> [(String, String)] {
            switch value {
            case .null: []
            case .object(let object): object.flatMap { flatten($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
            case .string(let text): [(path, HexFloat.double(text).map { "\($0)" } ?? text)]
            case .array(let list):
                [(path, list.map { flatten($0, "").map(\.1).joined() }.joined(separator: ", "))]
            default: [(path, value.canonical)]
            }
        }
        return flatten(manifest.inputs.recipe, "")
    }

    /// What says which run it is, beside its recipe: digests, contract, outcome. Names are those of the manifest, with points
    /// for slashes: where a name is a file's, `model/unet` and `model/unet/config` could not both be.
    package var identity: [(name: String, value: String)] {
        var result = [
            ("contract", manifest.inputs.contract), ("backend", manifest.inputs.backend),
            ("manifest_digest", manifest.digest.hex),
        ]
        if let outcome = manifest.outcome {
            result += [
                ("chain_head", outcome.chainHead.hex), ("steps_root", outcome.stepsRoot.hex),
                ("weights_digest", outcome.weightsDigest.hex),
            ]
        }
        if !measures.isEmpty, manifest.outcome?.ledger == nil {
            result.append(("measures", "not protected: they stand in no digest"))
        }
        return result
            + manifest.inputs.digests.sorted { utf8Less($0.key, $1.key) }.map {
                ("digest." + $0.key.replacing("/", with: "."), $0.value.hex)
            }
    }

    /// Milliseconds since 1970 at which recording began, and ended.
    var times: (start: Int64, end: Int64?) {
        (Timestamp.milliseconds(summary.startedAt) ?? 0, summary.endedAt.flatMap(Timestamp.milliseconds))
    }
}
