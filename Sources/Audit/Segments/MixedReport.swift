import Core

/// The conclusion on a run that a device has replayed whole and the CPU in some drawn segments.
package struct MixedReport: Sendable {
    /// The replay on the device.
    package let whole: AuditReport
    /// The replay of segments on the CPU.
    package let sample: SampleReport

    /// A report of both replays.
    package init(whole: AuditReport, sample: SampleReport) { (self.whole, self.sample) = (whole, sample) }

    /// The graver of the two verdicts.
    package var verdict: Verdict { .gravest(of: [whole.verdict, sample.verdict]) }

    /// What it means that the two do not agree; nil where they do.
    package var disagreement: String? {
        guard whole.verdict != sample.verdict else { return nil }
        let device = whole.device ?? "the device"
        if whole.verdict == .diverged && sample.verdict == .reproduced {
            return
                "the drawn segments came out on the CPU: either the run is wrong in a step outside them, or \(device) "
                + "computes wrongly (`smpo doctor --device` asks it for the known answers)"
        }
        if whole.verdict == .reproduced && sample.verdict == .diverged {
            return "what \(device) gives is not what the CPU gives: the contract's bits are the CPU's"
        }
        return "\(device): \(whole.verdict.rawValue); the CPU: \(sample.verdict.rawValue)"
    }

    /// Machine-readable form.
    package var json: JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(whole.run), "verdict": .string(verdict.rawValue), "whole": whole.json,
            "sample": sample.json,
        ]
        object["disagreement"] = disagreement.map { .string($0) }
        return .object(object)
    }
}
