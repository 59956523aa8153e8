import Compute

/// A kind of reward model: what it is called, what its scores are, and how one is opened. A new kind is a folder beside this
/// file with a type that has `RewardModel`, and a line in `all`.
package struct RewardKind: Sendable, Equatable {
    /// Its name in commands and recipes.
    package let name: String
    /// Its name for people.
    package let title: String
    /// What a score is, in words.
    package let unit: String
    /// What scores are multiplied with where they are usually shown.
    package let displayFactor: Double
    /// Digits behind the point of what is shown.
    package let displayDigits: Int
    /// Whether captions are read.
    package let readsCaptions: Bool
    /// The parts that may be named apart from the model.
    package let parts: Set<RewardFiles.Part>
    /// The model's towers as shapes on a device, held against the headers of its files, for `footprint`.
    let outline: @Sendable (RewardFiles, ShapeDevice) throws -> RewardFootprint.Outline
    private let make: @Sendable (RewardFiles) throws -> any RewardModel

    init(
        _ name: String, _ title: String, unit: String, displayFactor: Double = 1, displayDigits: Int = 3,
        readsCaptions: Bool = true, parts: Set<RewardFiles.Part>,
        outline: @escaping @Sendable (RewardFiles, ShapeDevice) throws -> RewardFootprint.Outline,
        make: @escaping @Sendable (RewardFiles) throws -> any RewardModel
    ) {
        (self.name, self.title, self.unit) = (name, title, unit)
        (self.displayFactor, self.displayDigits) = (displayFactor, displayDigits)
        (self.readsCaptions, self.parts, self.outline, self.make) = (readsCaptions, parts, outline, make)
    }

    /// All kinds, in the order of help texts.
    package static let all = [PickScore.kind, HPSv2.kind, ImageReward.kind, Aesthetic.kind]

    /// The kind of that name; nil where there is none.
    package static func named(_ name: String) -> RewardKind? { all.first { $0.name == name } }

    /// Opens a model of this kind.
    /// - Throws: `RewardFilesError` for a part that it has no use for; what is missing, misshapen or not finite.
    package func open(_ files: RewardFiles) throws -> any RewardModel {
        try requireUse(of: files)
        return try make(files)
    }

    /// Throws `RewardFilesError` for a part that a model of this kind has no use for.
    func requireUse(of files: RewardFiles) throws {
        if let part = files.parts.map(\.part).first(where: { !parts.contains($0) }) {
            throw RewardFilesError(
                what: "\(part.rawValue)", "has no use for \(title)",
                expected: parts.isEmpty
                    ? "the model alone"
                    : "of \(RewardFiles.Part.allCases.filter(parts.contains).map(\.rawValue).joined(separator: ", "))",
                hint: "leave it out")
        }
    }

    /// One name, one kind.
    package static func == (a: RewardKind, b: RewardKind) -> Bool { a.name == b.name }
}
