import Audit
import Core

/// What there is to say of one case of a gate, for all forms in which a gate reports.
struct GateCaseText {
    let gateCase: GateCase

    init(_ gateCase: GateCase) { self.gateCase = gateCase }

    /// One line: the first difference, the change of the recipe, the reason, or what was compared.
    var headline: String {
        switch gateCase.outcome {
        case .reproduced: return [checked, unwatched].compactMap(\.self).joined(separator: "; ")
        case .recipe: return gateCase.changes.first.map(GateCaseText.describe) ?? gateCase.outcome.meaning
        default: return gateCase.difference?.summary ?? gateCase.reason ?? gateCase.outcome.meaning
        }
    }

    /// That no recipe watches the run, and why; nil where one does.
    var unwatched: String? { gateCase.unwatched.map { "no recipe watches it: \($0)" } }

    /// Which steps were replayed, and which were not.
    var checked: String {
        guard let checked = gateCase.checked else { return "no step was replayed" }
        guard !gateCase.unchecked.isEmpty else { return "all \(gateCase.steps) steps" }
        return "steps \(GateCaseText.range(checked)) of \(gateCase.steps); not replayed: "
            + gateCase.unchecked.map(GateCaseText.range).joined(separator: ", ")
    }

    /// What is known of a failure, as labels and texts.
    var details: [(label: String, text: String)] {
        var lines: [(label: String, text: String)] = []
        if let difference = gateCase.difference {
            lines.append(("first difference", difference.summary))
            lines.append(("last equal step", difference.step == 1 ? "none" : "\(difference.step - 1)"))
            if let operation = difference.operation { lines.append(("first operator", operation)) }
        }
        if let kind = gateCase.kind { lines.append(("kind", "\(kind.word): \(kind.meaning)")) }
        for change in gateCase.changes { lines.append(("recipe", GateCaseText.describe(change))) }
        if let reason = gateCase.reason { lines.append(("reason", reason)) }
        if let unwatched = gateCase.unwatched, gateCase.outcome != .unwatched {
            lines.append(("watched by", "no recipe: \(unwatched)"))
        }
        if gateCase.checked != nil { lines.append(("replayed", checked)) }
        if let head = gateCase.heads.recorded, gateCase.outcome != .reproduced, gateCase.outcome != .unwatched {
            lines.append(("golden head", head.hex))
        }
        if gateCase.outcome == .diverged || gateCase.outcome == .recipe {
            let unknown =
                gateCase.outcome == .recipe
                ? "not known: not replayed by the recipe as it is" : "not known: not all steps were replayed"
            lines.append(("replacement head", gateCase.heads.found?.hex ?? unknown))
        }
        if gateCase.outcome != .missing && gateCase.outcome != .unwatched { lines.append(("to see it again", command)) }
        return lines
    }

    /// The command that shows it again.
    var command: String {
        if gateCase.outcome == .recipe { return "smpo golden review \(gateCase.run)" }
        var words = ["smpo audit \(gateCase.run)", "--through"]
        if let isa = gateCase.way.isa { words.append("--isa \(isa.rawValue)") }
        if let workers = gateCase.way.workers { words.append("--workers \(workers)") }
        return words.joined(separator: " ")
    }

    /// `Manifests/recipes/x.yaml:12: optimizer.lr: 0.1, recorded was 0.2`.
    static func describe(_ change: RecipeChange) -> String {
        let place = change.line.map { "\(change.file):\($0)" } ?? change.file
        return "\(place): \(change.difference.path): \(RunDifferenceText.value(change.difference.right)), recorded was "
            + RunDifferenceText.value(change.difference.left)
    }

    private static func range(_ steps: ClosedRange<Int>) -> String {
        steps.count == 1 ? "\(steps.lowerBound)" : "\(steps.lowerBound)..\(steps.upperBound)"
    }
}

extension GateReport {
    /// What the gate did not look at, beside the cases, as labels and texts.
    var omissions: [(label: String, text: String)] {
        var lines: [(label: String, text: String)] = []
        if !notSelected.isEmpty {
            lines.append(("not selected", "golden runs that match no pattern: \(notSelected.joined(separator: ", "))"))
        }
        if !notGolden.isEmpty {
            lines.append(("not golden", "runs that only have a manifest: \(notGolden.joined(separator: ", "))"))
        }
        return lines
    }

    /// What to do when golden runs have changed; nil where none has.
    var advice: String? {
        let changed = failures.filter { $0.outcome == .diverged || $0.outcome == .recipe }.map(\.run)
        guard let first = changed.first else { return nil }
        let runs = changed.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        return runs.count == 1
            ? "If the change is meant: smpo golden review \(first), then smpo golden accept \(first) --reason \"…\""
            : "If the changes are meant: smpo golden review \(runs.joined(separator: " ")), then smpo golden accept "
                + "with the run, or --all PATTERN, and --reason \"…\""
    }
}
