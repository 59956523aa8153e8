import Core
import Diffusion
import Foundation
import Preferences
import Training

/// The folder of an ablation: a workspace of its own, with copies of all that its runs begin from, so that it can be moved
/// and audited by itself.
package struct AblationFolder {
    package let path: String

    package init(path: String) { self.path = path }

    /// Another model or scorer is there already.
    package struct Occupied: Error, CustomStringConvertible {
        let path: String, expected: Digest, found: Digest
        package var description: String {
            "\(path): expected a copy with the digest \(expected), found \(found); give another folder with --out"
        }
    }

    /// Makes the folder and copies bases and scorer into it; gives the plan's jobs, and the recipes of bases to train.
    package func prepare(_ plan: AblationPlan) throws -> (jobs: AblationJobs, recipes: [(AblationPlan.Base, Recipe)]) {
        for name in ["results", "recipes", "models", "pairs", "grids"] {
            try FileContents.makeFolder("\(path)/\(name)")
        }
        var digests: [String: Digest] = [:]
        var recipes: [(AblationPlan.Base, Recipe)] = []
        for base in plan.bases {
            switch base.origin {
            case .folder(let source):
                digests[base.name] = try copy(source, to: AblationJobs.model(base.name), Self.modelDigest)
            case .recipe(let file, let overrides):
                let recipe = try Recipe.read(path: file, overrides: overrides)
                digests[base.name] = try Self.inputsDigest(recipe)
                recipes.append((base, recipe))
                if case .fresh(let fresh) = recipe.model {
                    for file in fresh.configurations.values.sorted() { try copyFile(file) }
                }
            }
        }
        let scorer = try copy(plan.scorer, to: AblationJobs.scorerFolder) { try PickScore(path: $0).digest }
        return (AblationJobs(plan, bases: digests, scorer: scorer), recipes)
    }

    /// Stands for a base's recipe and for what the files hold that it names.
    private static func inputsDigest(_ recipe: Recipe) throws -> Digest {
        var inputs = try recipe.modelDigests()
        if case .shapes = recipe.data.source {} else { inputs.merge(try RunData(recipe).digests) { first, _ in first } }
        let digests = JSONValue.object(JSONObject(inputs.map { ($0.key, .digest($0.value)) }))
        return Digest.of(.document, ["recipe": recipe.json, "digests": digests])
    }

    private static func modelDigest(_ folder: String) throws -> Digest {
        let digests = Pipeline.inputs(try Pipeline(.diffusion, folder: folder).digests()).sorted { $0.key < $1.key }
        return Digest.of(.document, .object(JSONObject(digests.map { ($0.key, .digest($0.value)) })))
    }

    private func copy(_ source: String, to name: String, _ digest: (String) throws -> Digest) throws -> Digest {
        let (expected, target) = (try digest(source), "\(path)/\(name)")
        if FileContents.isFolder(target) {
            let found = try digest(target)
            guard found == expected else { throw Occupied(path: target, expected: expected, found: found) }
        } else {
            let part = "\(target).part-\(UUID().uuidString)"
            try FileManager.default.copyItem(atPath: source, toPath: part)
            try FileManager.default.moveItem(atPath: part, toPath: target)
        }
        return expected
    }

    /// A configuration that a base's recipe names; an absolute path stays where it is.
    private func copyFile(_ file: String) throws {
        guard !file.hasPrefix("/") else { return }
        let target = "\(path)/\(file)"
        if let end = target.lastIndex(of: "/") { try FileContents.makeFolder(String(target[..<end])) }
        try AtomicFile.write(try FileContents.read(file), to: target)
    }
}
