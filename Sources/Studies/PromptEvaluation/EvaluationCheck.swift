import Audit
import Core

/// An evaluation held against the report that says what came of it.
package struct EvaluationCheck: Sendable {
    /// The report.
    package let record: EvaluationRecord
    /// What came of it.
    package let outcome: EvaluationOutcome
    /// The first difference; nil where there is none, or where the report does not hold.
    package let difference: EvaluationDifference?
    /// The digest of what was made now; nil where nothing was.
    package let found: Digest?
    /// Pictures and scores that are others than the report's.
    package let different: (pictures: Int, scores: Int)
    /// Pictures that were not drawn now, but kept from before.
    package let kept: Int

    private init(
        _ record: EvaluationRecord, _ outcome: EvaluationOutcome, _ difference: EvaluationDifference? = nil,
        found: Digest? = nil, different: (pictures: Int, scores: Int) = (0, 0), kept: Int = 0
    ) {
        (self.record, self.outcome, self.difference) = (record, outcome, difference)
        (self.found, self.different, self.kept) = (found, different, kept)
    }

    /// What is known before anything is drawn: a report whose digest does not hold; nil where it does.
    package init?(_ record: EvaluationRecord) {
        guard !record.holds else { return nil }
        self.init(record, .tampered)
    }

    /// The same of an evaluation that starts from other inputs than the report's; nil where they are the report's.
    package init?(_ record: EvaluationRecord, _ inputs: EvaluationInputs) {
        guard let difference = Self.difference(record, inputs) else { return nil }
        self.init(record, .incomparable, difference)
    }

    /// Holds all that was made against the report. `kept` pictures were not drawn now.
    package init(_ record: EvaluationRecord, _ report: PromptEvaluationReport, kept: Int) {
        let (inputs, made) = (report.inputs, report.content)
        if let difference = Self.difference(record, inputs) {
            self.init(record, .incomparable, difference)
            return
        }
        var (first, different) = (EvaluationDifference?.none, (pictures: 0, scores: 0))
        // Pictures before scores, of which they are the cause; other figures follow from scores.
        for pass in [Pass.pictures, .scores] {
            for model in report.models.indices {
                let way: [EvaluationDifference.Step] = [.key("models"), .index(model)]
                let (a, b) = (Self.element("models", model, record.content), Self.element("models", model, made))
                switch pass {
                case .pictures:
                    different.pictures += Self.count(a["pictures"], b["pictures"])
                    first =
                        first
                        ?? EvaluationDifference(a["pictures"], b["pictures"], at: way + [.key("pictures")], of: inputs)
                case .scores:
                    for reward in report.rewards.indices {
                        let (x, y) = (Self.element("scores", reward, a), Self.element("scores", reward, b))
                        different.scores += Self.count(x["scores"], y["scores"])
                        first =
                            first
                            ?? EvaluationDifference(
                                x["scores"], y["scores"],
                                at: way + [.key("scores"), .index(reward), .key("scores")], of: inputs)
                    }
                }
            }
        }
        first = first ?? EvaluationDifference(.object(record.content), .object(made), at: [], of: inputs)
        self.init(
            record, first == nil ? .reproduced : .diverged, first, found: report.digest, different: different,
            kept: kept)
    }

    private enum Pass { case pictures, scores }

    /// The first input that is another than the report's: prompts, noise, models, reward models, in this order.
    private static func difference(
        _ record: EvaluationRecord, _ inputs: EvaluationInputs
    ) -> EvaluationDifference? {
        var stated = record.content
        // What came of a model is no input.
        if case .array(let models)? = stated["models"] {
            stated["models"] = .array(
                models.map { model in
                    guard case .object(var object) = model else { return model }
                    for key in ["pictures", "scores"] { object[key] = nil }
                    return .object(object)
                })
        }
        let found = inputs.json
        func prompts(_ object: JSONObject) -> JSONObject {
            if case .object(let all)? = object["prompts"] { all } else { [:] }
        }
        let files = EvaluationDifference(
            prompts(stated)["files"], prompts(found)["files"], at: [.key("prompts"), .key("files")], of: inputs)
        if let files { return files }
        // What a model is made of tells more than how it draws.
        for list in ["models", "rewards"] {
            for index in 0..<max(count(stated[list]), count(found[list])) {
                let (a, b) = (element(list, index, stated)["parts"], element(list, index, found)["parts"])
                let way: [EvaluationDifference.Step] = [.key(list), .index(index), .key("parts")]
                if a != nil, b != nil, let one = EvaluationDifference(a, b, at: way, of: inputs) { return one }
            }
        }
        for key in ["prompts", "noise", "models", "rewards"] {
            if let one = EvaluationDifference(stated[key], found[key], at: [.key(key)], of: inputs) { return one }
        }
        return nil
    }

    /// The member `index` of a list of objects; empty where there is none.
    private static func element(_ key: String, _ index: Int, _ object: JSONObject) -> JSONObject {
        guard case .array(let list)? = object[key], list.indices.contains(index), case .object(let one) = list[index]
        else { return [:] }
        return one
    }

    private static func count(_ list: JSONValue?) -> Int { if case .array(let all)? = list { all.count } else { 0 } }

    /// The elements of two lists that differ.
    private static func count(_ a: JSONValue?, _ b: JSONValue?) -> Int {
        guard case .array(let a)? = a, case .array(let b)? = b else { return 0 }
        return zip(a, b).count { $0 != $1 } + abs(a.count - b.count)
    }

    /// What was not looked at, and why; empty where all was.
    package var unchecked: String? {
        kept == 0
            ? nil
            : "\(kept) of \(record.pictures) pictures were kept from before: their pixels were held against their digests, not "
                + "drawn again"
    }

    /// One sentence: the first difference, or what was made again.
    package var sentence: String {
        switch outcome {
        case .tampered: "its digest is not that of what it says: it was changed, or is not whole"
        case .incomparable, .diverged: difference?.sentence ?? ""
        case .reproduced:
            (kept == 0 ? "" : "\(record.pictures - kept) of ") + Self.words(record.pictures, "picture") + ", "
                + Self.words(record.scores, "score")
        }
    }

    private static func words(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// For other programs; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        [
            "schema": 1, "report": .string(record.file), "verdict": .string(outcome.rawValue),
            "says": .string(sentence), "pictures": .integer(record.pictures), "scores": .integer(record.scores),
            "different": ["pictures": .integer(different.pictures), "scores": .integer(different.scores)],
            "kept": .integer(kept), "digest": .digest(record.digest),
            "found_digest": found.map { .digest($0) } ?? .null, "difference": difference?.json ?? .null,
        ]
    }

    /// For people.
    package var text: String {
        var lines = ["\(record.file): \(outcome.rawValue)"]
        switch outcome {
        case .tampered: lines.append("  \(sentence)")
        case .incomparable:
            lines += ["  \(sentence)", "  nothing was drawn: what the report states starts from other inputs"]
        case .diverged:
            lines.append("  first difference  \(sentence)")
            lines.append(
                "  in all            \(different.pictures) of \(Self.words(record.pictures, "picture")), "
                    + "\(different.scores) of \(Self.words(record.scores, "score"))")
        case .reproduced: lines.append("  made again        \(sentence)")
        }
        lines.append("  digest            \(record.digest)")
        if let found, found != record.digest { lines.append("  now               \(found)") }
        if let unchecked { lines.append("  not checked       \(unchecked)") }
        return VisibleText.lines(lines)
    }
}
