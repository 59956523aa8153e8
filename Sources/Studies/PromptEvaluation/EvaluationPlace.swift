import Core
import Preferences

/// A place in an evaluation's report, as people call what stands there.
struct EvaluationPlace {
    /// The name.
    let name: String

    /// The name of the place to which `way` leads in the report of an evaluation with these inputs.
    init(_ way: [EvaluationDifference.Step], _ inputs: EvaluationInputs) {
        let rest = { (count: Int) in EvaluationDifference.path(way.dropFirst(count)) }
        let index = Self.index(way, 1)
        switch way.first {
        case .key("prompts")?:
            let sources = inputs.prompts.sources
            if way.dropFirst().first == .key("files") {
                let file = Self.index(way, 2).flatMap { $0 < sources.count ? sources[$0].path : nil }
                name = file.map { "the prompts' file \(VisibleText.of($0))" } ?? "the prompts' files"
            } else {
                name = "the prompts, \(rest(1))"
            }
        case .key("models")?: name = index.map { Self.model($0, way, inputs) } ?? "the models"
        case .key("rewards")?:
            name =
                index.map { "\(Self.title($0, inputs))\(Self.path(inputs.rewards, $0, \.model)), \(rest(2))" }
                ?? "the reward models"
        case .key("comparisons")?:
            name =
                index.map { "the models compared by \(Self.title($0, inputs)), \(rest(2))" }
                ?? "the comparison of the models"
        default: name = EvaluationDifference.path(way)
        }
    }

    private static func model(
        _ model: Int, _ way: [EvaluationDifference.Step], _ inputs: EvaluationInputs
    ) -> String {
        let name = "model \(model + 1)" + path(inputs.sources, model, \.model)
        let rest = { (count: Int) in EvaluationDifference.path(way.dropFirst(count)) }
        switch way.count > 2 ? way[2] : nil {
        case .key("pictures")?:
            return index(way, 3).map { "the picture of \(prompt($0, inputs)) by \(name)" } ?? "the pictures by \(name)"
        case .key("parts")?: return "\(rest(3)) of \(name)"
        case .key("drawing")?: return "how \(name) draws, \(rest(3))"
        case .key("scores")?:
            guard let reward = index(way, 3) else { return "the scores of \(name)" }
            if way.count > 4, way[4] == .key("scores"), let place = index(way, 5) {
                return "\(title(reward, inputs))'s score of the picture of \(prompt(place, inputs)) by \(name)"
            }
            return "\(title(reward, inputs)) of \(name), \(rest(4))"
        default: return "\(name), \(rest(2))"
        }
    }

    private static func index(_ way: [EvaluationDifference.Step], _ place: Int) -> Int? {
        guard way.count > place, case .index(let index) = way[place] else { return nil }
        return index
    }

    private static func title(_ reward: Int, _ inputs: EvaluationInputs) -> String {
        inputs.rewards.indices.contains(reward) ? inputs.rewards[reward].kind.title : "reward model \(reward + 1)"
    }

    private static func path<Value>(_ values: [Value], _ index: Int, _ key: KeyPath<Value, String>) -> String {
        values.indices.contains(index) ? " (\(VisibleText.of(values[index][keyPath: key])))" : ""
    }

    /// A prompt by its number in the file, and the beginning of its text.
    private static func prompt(_ index: Int, _ inputs: EvaluationInputs) -> String {
        guard inputs.places.indices.contains(index) else { return "drawn prompt \(index + 1)" }
        let (place, text) = (inputs.places[index], inputs.prompts.prompts[inputs.places[index]].text)
        return "prompt \(place + 1) (\(VisibleText.of(text, most: 40)))"
    }
}
