import Core
import Ledger

/// The watch on a golden run's recipe: a change of it closes the gate.
package enum RecipeWatch: Sendable, Equatable {
    /// A recipe's file: what it says today is held against the manifest.
    case recipe(RecipeSource)
    /// Nothing, and the run's policy says why.
    case unwatched(reason: String)
    /// Nothing, or not all of it; `why` says what is wrong with the policy.
    case nothing(why: String)

    /// The watch that the policy of a golden run, the file at `path`, sets on its recipe. A policy that names another
    /// file than the run was recorded by, or sets what its recording did not, watches less than it seems to.
    /// - Throws: `JSONShapeError` when the manifest notes the recipe's file in another form.
    package init(_ policy: GoldenPolicy, at path: String, of manifest: Manifest, root: String = ".") throws {
        guard let source = policy.recipe else {
            let how =
                "name it (recipe: {path: …}, or smpo golden accept \(manifest.run) --recipe PATH), or say why none "
                + "does (recipe: unwatched, reason: …)"
            self =
                policy.unwatched.map { .unwatched(reason: $0) }
                ?? .nothing(why: "\(path): \(FileContents.exists(path) ? "names no recipe" : "is not there"); \(how)")
            return
        }
        self = .recipe(source)
        guard let recorded = try manifest.recipeSource() else { return }
        let again =
            "if that is meant: smpo golden accept \(manifest.run) --recipe \(source.path) --reason …, with its --set"
        if let set = source.overrides.first(where: { !recorded.overrides.contains($0) }) {
            self = .nothing(
                why: "\(path): sets \(set), which the run was recorded without: what the recipe says of it is not "
                    + "watched; \(again)")
        } else if !source.isSameFile(as: recorded, root: root), FileContents.exists(recorded.file(root)) {
            self = .nothing(
                why: "\(path): watches \(source.path), but the run was recorded by \(recorded.path), which is still "
                    + "there; \(again)")
        }
    }

    /// The reason why no recipe watches the run; nil where one does.
    package var unwatched: String? {
        switch self {
        case .recipe: nil
        case .unwatched(let reason): reason
        case .nothing(let why): why
        }
    }

    /// Machine-readable form: `path` and `set`, or `unwatched` with the reason.
    package var json: JSONValue {
        switch self {
        case .recipe(let source): source.json
        case .unwatched(let reason): ["unwatched": .string(reason), "policy_says_so": true]
        case .nothing(let why): ["unwatched": .string(why), "policy_says_so": false]
        }
    }
}
