/// Which noise the picture of a prompt starts from.
package enum NoiseRule: String, Sendable, CaseIterable {
    /// That of the prompt's place in the file, as `smpo sample` draws: every prompt its own.
    case ofPlace = "place"
    /// One and the same for every prompt, as with a generator that is seeded anew before each of them.
    case same

    /// The place whose noise the picture of the prompt at `place` starts from.
    package func place(of place: Int) -> Int { self == .same ? 0 : place }

    /// For people.
    package var sentence: String {
        switch self {
        case .ofPlace: "each prompt its own, by its place in the file; every model the same"
        case .same: "the same for every prompt and model"
        }
    }
}
