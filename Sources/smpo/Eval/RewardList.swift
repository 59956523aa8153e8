import ArgumentParser
import Core
import Datasets
import Diffusion
import Preferences
import Studies

/// What `--rewards` says: `KIND=PATH`, and of its parts `KIND.PART=VALUE`, between commas. A kind alone stands for
/// `rewards/KIND`.
struct RewardList {
    /// The reward models, in the order in which they are named.
    let rewards: [EvaluationReward]

    /// How pictures are shown to a kind for which nothing is said.
    typealias Encoding = (RewardKind) -> PictureEncoding

    private static let parts = RewardFiles.Part.allCases.map(\.rawValue) + ["pictures"]

    /// - Throws: `ValidationError` for a kind or part that is not known, and one that is named twice.
    init(_ words: [String], encoding: Encoding) throws {
        var kinds: [RewardKind] = []
        var values: [String: [String: String]] = [:]
        for word in Self.words(words) {
            let (left, value) = Self.halves(word, at: "=")
            let (name, part) = Self.halves(left, at: ".")
            guard let kind = RewardKind.named(name) else {
                throw ValidationError(
                    "--rewards: expected \(RewardKind.all.map(\.name).joined(separator: ", ")), found \"\(name)\"")
            }
            if let part, !Self.parts.contains(part) {
                throw ValidationError(
                    "--rewards \(name): expected a part, \(Self.parts.joined(separator: ", ")), found \"\(part)\"")
            }
            if value?.isEmpty == true || part != nil && value == nil {
                throw ValidationError("--rewards: \(left) needs a value, as in \(left)=…")
            }
            guard values[name]?[part ?? ""] == nil else {
                throw ValidationError("--rewards: \(left) is named twice")
            }
            if !kinds.contains(kind) { kinds.append(kind) }
            values[name, default: [:]][part ?? ""] = value ?? "rewards/\(name)"
        }
        rewards = try kinds.map { try Self.reward($0, values[$0.name] ?? [:], encoding($0)) }
    }

    /// The words between commas.
    static func words(_ lists: [String]) -> [String] {
        lists.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The words of `asked` with those of `others` in the place of what they name anew.
    /// - Throws: `ValidationError` for a kind that `asked` does not have.
    static func replacing(_ asked: [String], by others: [String]) throws -> [String] {
        func left(_ word: String) -> String { halves(word, at: "=").0 }
        func kind(_ word: String) -> String { halves(left(word), at: ".").0 }
        var words = Self.words(asked)
        for other in Self.words(others) {
            guard words.contains(where: { kind($0) == kind(other) }) else {
                throw ValidationError("--rewards \(kind(other)): the report is not by this reward model")
            }
            if let place = words.firstIndex(where: { left($0) == left(other) }) {
                words[place] = other
            } else {
                words.append(other)
            }
        }
        return words
    }

    private static func reward(
        _ kind: RewardKind, _ values: [String: String], _ encoding: PictureEncoding
    ) throws -> EvaluationReward {
        func choice<Value: CaseIterable & RawRepresentable>(_ part: String, _ fallback: Value) throws -> Value
        where Value.RawValue == String {
            guard let word = values[part] else { return fallback }
            guard let value = Value(rawValue: word) else {
                throw ValidationError(
                    "--rewards \(kind.name).\(part): expected \(Value.allCases.map(\.rawValue).joined(separator: ", ")), "
                        + "found \"\(word)\"")
            }
            return value
        }
        let antialias = values[RewardFiles.Part.antialias.rawValue] ?? "true"
        guard antialias == "true" || antialias == "false" else {
            throw ValidationError("--rewards \(kind.name).antialias: expected true or false, found \"\(antialias)\"")
        }
        let readerIsSaid = values[RewardFiles.Part.reader.rawValue] != nil
        let files = RewardFiles(
            values[""] ?? "rewards/\(kind.name)", processor: values[RewardFiles.Part.processor.rawValue],
            head: values[RewardFiles.Part.head.rawValue],
            reader: readerIsSaid ? try choice(RewardFiles.Part.reader.rawValue, CaptionReader.transformers) : nil,
            resizeOrder: try choice(RewardFiles.Part.resizeOrder.rawValue, PillowResize.Order.across),
            antialias: antialias == "true")
        return EvaluationReward(kind: kind, files: files, encoding: try choice("pictures", encoding))
    }

    private static func halves(_ word: String, at mark: Character) -> (String, String?) {
        guard let place = word.firstIndex(of: mark) else { return (word, nil) }
        return (String(word[..<place]), String(word[word.index(after: place)...]))
    }
}
