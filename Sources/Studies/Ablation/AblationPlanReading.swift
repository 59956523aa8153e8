import Core
import Datasets
import Training

extension AblationPlan {
    private static let keys = [
        "name", "seeds", "tuning_seed", "scorer", "rewards", "drawing", "bases", "pairs", "evaluation", "tuning",
        "common", "arms", "comparisons", "sweeps", "conditions",
    ]

    /// Reads a plan. Unknown keys, names that nothing has, and recipes that cannot be run are errors that name the place.
    /// - Throws: `SettingsError`, `FileError`.
    /// - Parameter overrides: `KEY.PATH=VALUE`, in the place of what the file says.
    package static func read(_ path: String, overrides: [String] = []) throws -> AblationPlan {
        try checked(overrides.reduce(SettingsDocument.read(path)) { try SettingsOverride($1).apply(to: $0) })
    }

    /// Reads a plan from its text; `file` stands in errors.
    /// - Throws: `SettingsError`.
    package static func parse(_ text: String, file: String) throws -> AblationPlan {
        try checked(SettingsDocument.parse(text, file: file))
    }

    private static func checked(_ document: SettingsNode) throws -> AblationPlan {
        let root = try SettingsSection(root: document, keys: keys)
        let plan = try AblationPlan(root)
        try plan.check(root)
        return plan
    }

    private init(_ root: SettingsSection) throws {
        name = try root["name"].text("small letters, digits and hyphens")
        guard name.wholeMatch(of: /[a-z0-9-]+/) != nil else {
            throw root["name"].outOfRange("small letters, digits and hyphens")
        }
        guard let seeds = try root["seeds"].list(of: "seeds") else { throw root["seeds"].missing("a list of seeds") }
        self.seeds = try seeds.map { try $0.uint64() }
        tuningSeed = try root["tuning_seed"].uint64(default: 0)
        guard !self.seeds.contains(tuningSeed) else {
            throw root["tuning_seed"].outOfRange("a seed that no reported run has")
        }
        let judging = try PromptJudging.read(root)
        self.judging = judging
        drawing = try DrawingRequest(plan: root)
        scorer = try judging?.scorer.files.model ?? root["scorer"].text("the folder of a reward model")
        bases = try root.named("bases").map(Base.init)
        pairs = try root.named("pairs").map { try Pairs($0, $1, isJudgedByRewards: judging != nil) }
        let shapesKeys = ["steps", "validation_captions", "test_captions", "curve_every", "curve_captions"]
        let evaluation = try root.section(
            "evaluation", keys: judging == nil ? shapesKeys : PromptJudging.evaluationKeys, isRequired: false)
        if judging == nil { try root["drawing"].refuse(with: "the rules of the shapes world: it goes with rewards") }
        samplingSteps = try evaluation["steps"].int(1...1000, default: 25)
        validationCaptions = try evaluation["validation_captions"].int(
            1...ShapesSplit.validation.captions.count, default: 100)
        testCaptions = try evaluation["test_captions"].int(1...ShapesSplit.test.captions.count, default: 200)
        curveEvery = try evaluation["curve_every"].int(1...Int.max, default: 10)
        curveCaptions = try evaluation["curve_captions"].int(
            1...ShapesSplit.validation.captions.count, default: 50)
        let tuning = try root.section("tuning", keys: ["lr", "beta"])
        func numbers(_ key: String) throws -> [Double] {
            guard let list = try tuning[key].list(of: "numbers above 0") else {
                throw tuning[key].missing("a list of numbers above 0")
            }
            return try list.map { try $0.double("a number above 0") { $0 > 0 } }
        }
        (rates, betaFactors) = (try numbers("lr"), try numbers("beta"))
        guard let common = root["common"].given else {
            throw root["common"].missing("the keys that all arms' recipes share")
        }
        self.common = common
        arms = try root.named("arms").map(Arm.init)
        comparisons = try (root["comparisons"].list(of: "lists of two arms") ?? []).map { field in
            guard let two = try field.list(of: "two arms"), two.count == 2 else {
                throw field.outOfRange("a list of two arms")
            }
            return (try two[0].text("an arm"), try two[1].text("an arm"))
        }
        sweeps = try root.named("sweeps").map(Sweep.init)
        conditions = try root.named("conditions").map(Condition.init)
    }

    /// Every name must be somebody's, and every recipe one that can be run.
    private func check(_ root: SettingsSection) throws {
        func known(_ name: String, _ names: [String], _ field: SettingsField) throws {
            guard !names.contains(name) else { return }
            let near = NearestName.among(names, to: name, acceptingPrefixes: true)
            let hint = near.map { "did you mean \"\($0)\"?" } ?? ""
            throw field.outOfRange("one of \(names.joined(separator: ", "))", hint: hint + " (\"\(name)\" is unknown)")
        }
        for (key, isEmpty) in [("bases", bases.isEmpty), ("pairs", pairs.isEmpty), ("arms", arms.isEmpty)] where isEmpty
        {
            throw root[key].missing("at least one")
        }
        let armNames = arms.map(\.name)
        for pairs in pairs { try known(pairs.base, bases.map(\.name), root["pairs"]) }
        if let judging, judging.validation == nil, rates.count * betaFactors.count > 1 {
            throw root["evaluation"].missing("validation_prompts, for more than one point of tuning")
        }
        for name in comparisons.flatMap({ [$0.0, $0.1] }) { try known(name, armNames, root["comparisons"]) }
        for condition in conditions {
            try known(condition.pairs, pairs.map(\.name), root["conditions"])
            for arm in condition.arms { try known(arm, armNames, root["conditions"]) }
        }
        for sweep in sweeps { try known(sweep.arm, armNames, root["sweeps"]) }
        for arm in arms {
            let recipe = try check(arm, [])
            guard !recipe.objective.kind.trainsScorer else {
                throw root["arms"].outOfRange("arms that train diffusion models", hint: "\(arm.name) trains a scorer")
            }
            // What draws as the base, and what an arm starts from, is the same.
            guard recipe.model == .folder(path: "model") else {
                throw root["arms"].outOfRange(
                    "no keys of model, in common or an arm: bases say where models are",
                    hint:
                        "\(arm.name) would start from other weights than its base is drawn with; make a folder of them")
            }
        }
        for arm in arms {
            for pairs in pairs where pairs.given != nil { try check(arm, [], on: pairs) }
        }
        for sweep in sweeps {
            for value in sweep.values {
                guard !sweep.key.hasPrefix("model.") else {
                    throw root["sweeps"].outOfRange("no keys of model: bases say where models are", hint: sweep.name)
                }
                do {
                    try check(self.arm(sweep.arm), ["\(sweep.key)=\(value)"])
                } catch let error as SettingsError {
                    throw root["sweeps"].outOfRange("keys and values of recipes", hint: "\(sweep.name): \(error)")
                }
            }
        }
    }

    @discardableResult
    private func check(_ arm: Arm, _ overrides: [String], on pairs: Pairs? = nil) throws -> Recipe {
        try recipe(
            arm, name: arm.name, on: pairs, data: "data", model: "model", seed: 1, rate: rates[0], betaFactor: 1,
            overrides: overrides, reward: judging?.scorer)
    }
}

extension AblationPlan.Base {
    fileprivate init(_ name: String, _ node: SettingsNode) throws {
        let section = try SettingsSection(node, path: "bases.\(name)", keys: ["path", "recipe", "set"])
        self.name = name
        guard section["recipe"].given != nil else {
            origin = .folder(try section["path"].text("a model folder, or `recipe`"))
            return
        }
        let overrides = try section["set"].list(of: "overrides KEY.PATH=VALUE") ?? []
        origin = .recipe(
            try section["recipe"].text("the path of a recipe"),
            overrides: try overrides.map { try $0.text("KEY.PATH=VALUE") })
    }
}

extension AblationPlan.Pairs {
    private static let made = ["captions", "count", "candidates", "choose", "variety", "noise", "ties"]

    fileprivate init(_ name: String, _ node: SettingsNode, isJudgedByRewards: Bool) throws {
        let section = try SettingsSection(node, path: "pairs.\(name)", keys: ["base", "data", "scores"] + Self.made)
        guard name.wholeMatch(of: /[a-z0-9-]+/) != nil else {
            throw SettingsError(
                .wrongType, at: node.place, key: "pairs.\(name)",
                expected: "a name of small letters, digits and hyphens", found: node.description)
        }
        self.name = name
        base = try section["base"].text("a base")
        given = section["data"].given
        if let given {
            for key in Self.made { try section[key].refuse(with: "data: these pairs are given") }
            let data = try SettingsSection(given, path: "pairs.\(name).data", keys: ["path"], allowsOthers: true)
            _ = try data["path"].text("the path of a folder or file")
        } else {
            try section["scores"].refuse(with: "pairs that are made: the plan's reward model scores them")
        }
        let scores = try section["scores"].text("reward or data", default: isJudgedByRewards ? "reward" : "data")
        guard scores == "reward" || scores == "data" else { throw section["scores"].outOfRange("reward or data") }
        if scores == "reward", given != nil, !isJudgedByRewards {
            throw section["scores"].outOfRange("data: the plan has no section rewards")
        }
        isScored = given != nil && scores == "reward"
        captions = section["captions"].given == nil ? nil : try section["captions"].text("a file of captions")
        count = given == nil ? try section["count"].int(1...1_000_000) : 0
        candidates = try section["candidates"].int(2...64, default: 2)
        choice = try section["choose"].choice(default: .first)
        variety = try section["variety"].double("a number from 0 to 1", default: 0.5) { 0...1 ~= $0 }
        noise = try section["noise"].double("a number of at least 0", default: 0.05) { $0 >= 0 }
        ties = try section["ties"].double("a number of at least 0", default: 0.2) { $0 >= 0 }
    }
}

extension AblationPlan.Arm {
    fileprivate init(_ name: String, _ node: SettingsNode) throws {
        guard case .section(let members) = node.content, name.wholeMatch(of: /[a-z0-9-]+/) != nil else {
            throw SettingsError(
                .wrongType, at: node.place, key: "arms.\(name)",
                expected: "a section of keys under a name of small letters, digits and hyphens",
                found: node.description)
        }
        let title = members.first { $0.key == "title" }
        if case .scalar(let text, _)? = title?.value.content { self.title = text } else { self.title = name }
        self.name = name
        self.node = SettingsNode(content: .section(members.filter { $0.key != "title" }), place: node.place)
    }
}

extension AblationPlan.Sweep {
    fileprivate init(_ name: String, _ node: SettingsNode) throws {
        let section = try SettingsSection(node, path: "sweeps.\(name)", keys: ["arm", "key", "values"])
        self.name = name
        arm = try section["arm"].text("an arm")
        key = try section["key"].text("a key of recipes, as objective.gamma")
        guard let values = try section["values"].list(of: "values") else {
            throw section["values"].missing("a list of values")
        }
        self.values = try values.map { field in
            guard case .scalar(let text, _)? = field.node?.content else { throw field.wrongType("a value") }
            return text
        }
    }
}

extension AblationPlan.Condition {
    fileprivate init(_ name: String, _ node: SettingsNode) throws {
        let section = try SettingsSection(node, path: "conditions.\(name)", keys: ["title", "arms"])
        pairs = name
        title = try section["title"].text(default: name)
        guard let arms = try section["arms"].list(of: "arms") else { throw section["arms"].missing("a list of arms") }
        self.arms = try arms.map { try $0.text("an arm") }
    }
}
