import Core
import Pages

extension GateOutcome {
    /// What it means for exit codes and presenters.
    package var status: Status {
        switch self {
        case .reproduced: .passed
        case .diverged, .recipe: .differs
        case .tampered: .tampered
        case .incomparable, .missing, .unwatched: .open
        case .trouble: .trouble
        }
    }

    /// Everything that a case can come to but a pass, for code scanning.
    package static var rules: [SARIFPresenter.Rule] {
        byGravity.filter(\.isFailure).map {
            .init($0.rawValue, name: "golden-run-\($0.rawValue)", meaning: "\($0.meaning).")
        }
    }
}

extension GateReport {
    /// The gate as every presenter shows it: a child for each case.
    package var finding: Finding {
        var finding = Finding(
            of: "smpo gate", "gate", .init(outcome.isFailure ? "closed" : "open", outcome.status, summary))
        let facts = [Fact("version", version), Fact("outcome", outcome.rawValue)]
        finding.contents = [.facts(facts + (budget.map { [Fact("quick.seconds", "\($0)")] } ?? []))]
        finding.unchecked = omissions
        finding.advice = advice
        finding.children = cases.enumerated().map { $1.finding("case-\($0 + 1)") }
        return finding
    }

    /// What the gate did not look at, beside the cases.
    private var omissions: [Finding.Omission] {
        var list: [Finding.Omission] = []
        if !notSelected.isEmpty {
            list.append(
                .init("not selected", "golden runs that match no pattern: \(notSelected.joined(separator: ", "))"))
        }
        if !notGolden.isEmpty {
            list.append(.init("not golden", "runs that only have a manifest: \(notGolden.joined(separator: ", "))"))
        }
        return list
    }

    /// What to do when golden runs have changed; nil where none has.
    private var advice: String? {
        let moved = failures.filter { $0.outcome == .diverged || $0.outcome == .recipe }
        let changed = moved.filter { $0.evaluation == nil }.map(\.run)
        guard let first = changed.first else {
            return moved.first.map {
                "If the change is meant: smpo eval --check \($0.place.file) --out evaluation.json, look at what moved, and let "
                    + "that file take its place"
            }
        }
        let runs = changed.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        return runs.count == 1
            ? "If the change is meant: smpo golden review \(first), then smpo golden accept \(first) --reason \"…\""
            : "If the changes are meant: smpo golden review \(runs.joined(separator: " ")), then smpo golden accept "
                + "with the run, or --all PATTERN, and --reason \"…\""
    }
}

extension GateCase {
    /// Facts of a failure that a short form shows too.
    package static let shortFacts = "change"
    /// What was not checked of a case whose recipe nothing watches.
    package static let unwatchedPart = "unwatched"

    /// The case, with the key that it has among the others.
    func finding(_ key: String) -> Finding {
        var finding = Finding(key, name)
        finding.subject = run
        finding.conclusion = .init(outcome.rawValue, outcome.status, headline)
        finding.place = .init(file: place.file, line: place.line)
        finding.contents = [.facts(facts)]
        if checked != nil, !unchecked.isEmpty { finding.unchecked.append(.init("replayed", replayed)) }
        if let unwatchedNote { finding.unchecked.append(.init(Self.unwatchedPart, unwatchedNote)) }
        return finding
    }

    /// One line: the first difference, the change of the recipe, the reason, or what was compared.
    private var headline: String {
        switch outcome {
        case .reproduced where evaluation != nil: evaluation?.says ?? ""
        case .reproduced: [replayed, unwatchedNote].compactMap(\.self).joined(separator: "; ")
        case .recipe: changes.first?.description ?? outcome.meaning
        default: difference?.summary ?? reason ?? outcome.meaning
        }
    }

    /// That no recipe watches the run, and why; nil where one does.
    private var unwatchedNote: String? { unwatched.map { "no recipe watches it: \($0)" } }

    /// Which steps were replayed, and which were not.
    private var replayed: String {
        guard let checked else { return "no step was replayed" }
        guard !unchecked.isEmpty else { return "all \(steps) steps" }
        return "steps \(Self.range(checked)) of \(steps); not replayed: "
            + unchecked.map(Self.range).joined(separator: ", ")
    }

    /// What is known of a failure.
    private var facts: [Fact] {
        var facts: [Fact] = []
        if let difference {
            facts.append(Fact("first difference", difference.summary))
            facts.append(Fact("last equal step", difference.step == 1 ? "none" : "\(difference.step - 1)"))
            if let operation = difference.operation { facts.append(Fact("first operator", operation)) }
        }
        if let kind { facts.append(Fact("kind", "\(kind.word): \(kind.meaning)", in: Self.shortFacts)) }
        facts += changes.map { Fact("recipe", $0.description) }
        if let evaluation { return facts + self.facts(evaluation) }
        if let reason { facts.append(Fact("reason", reason)) }
        if let unwatched, outcome != .unwatched { facts.append(Fact("watched by", "no recipe: \(unwatched)")) }
        if checked != nil { facts.append(Fact("replayed", replayed)) }
        if let head = heads.recorded, outcome != .reproduced, outcome != .unwatched {
            facts.append(Fact("golden head", head.hex))
        }
        if let head = heads.found?.hex {
            facts.append(Fact("replacement head", head, in: Self.shortFacts))
        } else if outcome == .diverged || outcome == .recipe {
            let why = outcome == .recipe ? "not replayed by the recipe as it is" : "not all steps were replayed"
            facts.append(Fact("replacement head", "not known: \(why)"))
        }
        if outcome != .missing && outcome != .unwatched { facts.append(Fact("to see it again", command)) }
        return facts
    }

    /// What is known of a golden evaluation that does not pass, and of one that does.
    private func facts(_ evaluation: ReportedEvaluation) -> [Fact] {
        var facts: [Fact] = []
        if let reason { facts.append(Fact(outcome == .diverged ? "first difference" : "reason", reason)) }
        if evaluation.found != nil {
            facts.append(Fact("compared", "\(evaluation.pictures) pictures, \(evaluation.scores) scores"))
        }
        if outcome != .reproduced {
            facts.append(Fact("golden digest", evaluation.digest.hex))
            facts.append(
                Fact("digest now", evaluation.found?.hex ?? "not known: nothing was drawn", in: Self.shortFacts))
        }
        return facts + [Fact("to see it again", command)]
    }

    /// The command that shows it again.
    private var command: String {
        if evaluation != nil { return (["smpo eval --check \(place.file)"] + wayWords).joined(separator: " ") }
        if outcome == .recipe { return "smpo golden review \(run)" }
        return (["smpo audit \(run)", "--through"] + wayWords).joined(separator: " ")
    }

    private var wayWords: [String] { way.options }

    private static func range(_ steps: ClosedRange<Int>) -> String {
        steps.count == 1 ? "\(steps.lowerBound)" : "\(steps.lowerBound)..\(steps.upperBound)"
    }
}
