import Core
import Datasets
import Diffusion
import Foundation
import Preferences
import Training

/// The folder of an ablation: a workspace of its own, with copies of all that its runs begin from, so that it can be moved
/// and audited by itself.
package struct AblationFolder {
    package let path: String

    package init(path: String) { self.path = path }

    /// Another model, scorer, file of prompts or set of pairs is there already.
    package struct Occupied: Error, CustomStringConvertible {
        let path: String, expected: Digest, found: Digest
        package var description: String {
            "\(path): expected a copy with the digest \(expected), found \(found); give another folder with --out"
        }
    }

    /// Another process has the folder.
    package struct Busy: Error, CustomStringConvertible {
        let path: String
        package var description: String {
            "\(path): another smpo ablate is at work in this folder; wait for it, or give another folder with --out"
        }
    }

    /// The right to run jobs in the folder, which is made. - Throws: `Busy`, `FileError`.
    package func lock() throws -> FileLock {
        try FileContents.makeFolder(path)
        return try FileLock(passing: "\(path)/.ablate.lock") { throw Busy(path: path) }
    }

    /// Makes the folder and puts into it all that runs begin from: copies of bases, scorer and files of prompts; of a plan with
    /// reward models, which are large as their bases are, links to models, reward models and given pairs. Gives the plan's jobs,
    /// and the recipes of bases to train.
    package func prepare(_ plan: AblationPlan) throws -> (jobs: AblationJobs, recipes: [(AblationPlan.Base, Recipe)]) {
        let pictures = plan.judging == nil ? ["grids"] : ["pages", "rewards", "prompts", "data"]
        for name in ["results", "recipes", "models", "pairs"] + pictures {
            try FileContents.makeFolder("\(path)/\(name)")
        }
        var latent: Set<String> = []
        var digests: [String: Digest] = [:]
        var recipes: [(AblationPlan.Base, Recipe)] = []
        for base in plan.bases {
            switch base.origin {
            case .folder(let source):
                let place = AblationJobs.model(base.name)
                digests[base.name] =
                    try plan.judging == nil
                    ? copy(source, to: place, Self.modelDigest) : link(source, to: place, Self.modelDigest)
                if try Self.isLatent(source) { latent.insert(base.name) }
            case .recipe(let file, let overrides):
                let recipe = try Recipe.read(path: file, overrides: overrides)
                digests[base.name] = try Self.inputsDigest(recipe)
                recipes.append((base, recipe))
                if case .fresh(let fresh) = recipe.model {
                    if fresh.configurations["vae"] != nil { latent.insert(base.name) }
                    for file in fresh.configurations.values.sorted() { try copyFile(file) }
                }
            }
        }
        guard let judging = plan.judging else {
            if let base = latent.min() { throw JudgedByShapes(base: base) }
            let scorer = try copy(plan.scorer, to: AblationJobs.scorerFolder) { try PickScore(path: $0).digest }
            return (AblationJobs(plan, AblationInputs(bases: digests, scorer: scorer)), recipes)
        }
        let (rewards, stands) = try place(judging.rewards)
        var inputs = AblationInputs(
            bases: digests, scorer: .of(.document, .array(stands.map { .digest($0) })))
        inputs.labeller = zip(rewards, stands).first { $0.0.kind == judging.scorer.kind }?.1
        (inputs.rewards, inputs.latent) = (rewards, latent)
        inputs.prompts[AblationInputs.test] = try place(prompts: judging.test.path, AblationInputs.test)
        if let validation = judging.validation {
            inputs.prompts[AblationInputs.validation] = try place(
                prompts: validation.path, AblationInputs.validation)
        }
        for pairs in plan.pairs {
            if let captions = pairs.captions {
                let name = AblationInputs.captions(pairs.name)
                inputs.prompts[name] = try place(prompts: captions, name)
            }
            if let source = pairs.path { inputs.data[pairs.name] = try place(data: source, pairs.name) }
        }
        return (AblationJobs(plan, inputs), recipes)
    }

    /// The rules of the shapes world judge pictures of their own, and not those of a model over latents.
    package struct JudgedByShapes: Error, CustomStringConvertible {
        let base: String
        package var description: String {
            "bases.\(base) draws over latents, which the rules of the shapes world do not judge; give the plan "
                + "reward models (rewards) and prompts (evaluation.prompts)"
        }
    }

    private static func isLatent(_ folder: String) throws -> Bool {
        try Pipeline(.diffusion, folder: folder).digests().keys.contains("vae")
    }

    /// The reward models with their places in the folder, and what stands for each of them.
    private func place(_ rewards: [EvaluationReward]) throws -> (rewards: [EvaluationReward], digests: [Digest]) {
        var digests: [Digest] = []
        let placed = try rewards.map { reward in
            let (kind, name) = (reward.kind, "rewards/\(reward.kind.name)")
            var files = reward.files
            let expected = try kind.open(files).digest
            digests.append(expected)
            files.model = try linkWithNeighbours(files.model, to: name)
            files.processor = try files.processor.map { try link($0, to: "\(name)-processor") }
            files.head = try files.head.map { try linkWithNeighbours($0, to: "\(name)-head") }
            if ["", "-processor", "-head"].contains(where: { holds(name + $0) }) {
                var placed = files
                placed.model = "\(path)/\(files.model)"
                placed.processor = files.processor.map { "\(path)/\($0)" }
                placed.head = files.head.map { "\(path)/\($0)" }
                let found = try kind.open(placed).digest
                guard found == expected else {
                    throw Occupied(path: "\(path)/\(name)", expected: expected, found: found)
                }
            }
            return EvaluationReward(kind: kind, files: files, encoding: reward.encoding)
        }
        return (placed, digests)
    }

    /// Whether something lies at `place` itself, as in a folder that was moved, and not a link.
    private func holds(_ place: String) -> Bool {
        let path = "\(path)/\(place)"
        return FileContents.exists(path) && (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == nil
    }

    private func place(prompts source: String, _ name: String) throws -> AblationInputs.Place {
        let place = "prompts/\(name)\(Self.ending(of: source))"
        return .init(path: place, digest: try copy(source, to: place) { try PromptFile.read($0).digest })
    }

    /// Given pairs may be hundreds of gigabytes: what stands for them here are names, sizes and times. Their digest is in
    /// the record of every run.
    private func place(data source: String, _ name: String) throws -> AblationInputs.Place {
        // Of a pattern, as train-*.parquet, the folder is linked.
        let isPattern = !FileContents.exists(source) && source.contains("*")
        let root = isPattern ? AtomicFile.folder(of: source) : source
        let stand = try GivenFiles(root)
        let place = try link(root, to: "data/\(name)")
        if holds(place) {
            let (expected, found) = (stand.withoutTimes, try GivenFiles("\(path)/\(place)").withoutTimes)
            guard found == expected else {
                throw Occupied(path: "\(path)/\(place)", expected: expected, found: found)
            }
        }
        let end = isPattern ? "/\(URL(fileURLWithPath: source).lastPathComponent)" : ""
        return .init(path: place + end, digest: stand.digest)
    }

    /// `.json` of a file, nothing of a folder.
    private static func ending(of path: String) -> String {
        guard !FileContents.isFolder(path) else { return "" }
        let ending = URL(fileURLWithPath: path).pathExtension
        return ending.isEmpty ? "" : ".\(ending)"
    }

    /// Links a folder, or that of a file: what lies beside a reward model's weights is read, too.
    private func linkWithNeighbours(_ source: String, to name: String) throws -> String {
        guard !FileContents.isFolder(source), FileContents.exists(source) else { return try link(source, to: name) }
        return try link(AtomicFile.folder(of: source), to: name) + "/" + URL(fileURLWithPath: source).lastPathComponent
    }

    /// Links `name`, with the ending of a file, to `source`, and gives the link's path below the folder.
    private func link(_ source: String, to name: String) throws -> String {
        let (place, target) = (name + Self.ending(of: source), URL(fileURLWithPath: source).standardizedFileURL.path)
        let link = "\(path)/\(place)"
        guard FileContents.exists(source) else {
            throw FileError(operation: "read", path: source, code: ENOENT)
        }
        if let found = try? FileManager.default.destinationOfSymbolicLink(atPath: link) {
            if found == target { return place }
            try FileManager.default.removeItem(atPath: link)
        } else if FileContents.exists(link) {
            // A folder that was moved holds what the links led to.
            return place
        }
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        return place
    }

    private func link(_ source: String, to name: String, _ digest: (String) throws -> Digest) throws -> Digest {
        let expected = try digest(source)
        let target = "\(path)/\(try link(source, to: name))"
        let found = try digest(target)
        guard found == expected else { throw Occupied(path: target, expected: expected, found: found) }
        return expected
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
        if FileContents.exists(target) {
            let found = try digest(target)
            guard found == expected else { throw Occupied(path: target, expected: expected, found: found) }
        } else {
            let part = "\(target).part-\(UUID().uuidString)"
            try Self.copyFollowingLinks(source, to: part)
            try FileManager.default.moveItem(atPath: part, toPath: target)
        }
        return expected
    }

    /// A copy with the files that links lead to: a hub's cache is made of links.
    private static func copyFollowingLinks(_ source: String, to target: String) throws {
        guard FileContents.isFolder(source) else {
            let file = URL(fileURLWithPath: source).resolvingSymlinksInPath().path
            return try FileManager.default.copyItem(atPath: file, toPath: target)
        }
        try FileContents.makeFolder(target)
        for name in try FileContents.names(in: source) {
            try copyFollowingLinks("\(source)/\(name)", to: "\(target)/\(name)")
        }
    }

    /// A configuration that a base's recipe names; an absolute path stays where it is.
    private func copyFile(_ file: String) throws {
        guard !file.hasPrefix("/") else { return }
        let target = "\(path)/\(file)"
        if let end = target.lastIndex(of: "/") { try FileContents.makeFolder(String(target[..<end])) }
        try AtomicFile.write(try FileContents.read(file), to: target)
    }
}
