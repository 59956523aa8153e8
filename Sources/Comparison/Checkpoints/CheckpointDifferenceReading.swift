import Core

extension CheckpointDifference {
    /// Whether a document is one of two checkpoints.
    package static func isDifference(_ value: JSONValue?) -> Bool {
        guard case .object(let object)? = value, case .string(let schema)? = object["schema"] else { return false }
        return schema.hasPrefix("smpo/checkpoint-diff/")
    }

    /// Reads `json`. What documents of earlier versions do not say (files, layers) is not known then; one whose verdict
    /// does not follow from its members is refused. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let schema = try cursor["schema"].string()
        guard schema == Self.schema else {
            throw try cursor["schema"].error(expected: Self.schema, found: "\"\(schema)\"")
        }
        (left, right) = (try Side(json: cursor["left"]), try Side(json: cursor["right"]))
        policy = try DifferencePolicy(json: cursor["policy"])
        tensors = try cursor["differences"].elements().map { try TensorDifference(json: $0) }
        compared = try cursor["tensors"]["compared"].count()
        guard compared >= tensors.count else {
            throw try cursor["tensors"]["compared"].error(
                expected: "at least the \(tensors.count) that differ", found: "\(compared)")
        }
        leftOut = try cursor["tensors"]["left_out"].present?.count() ?? 0
        layers = try Self.layers(cursor["layers"], tensors, compared)
        metadata = try cursor["metadata"].elements().map { try Text(json: $0) }
        files = try cursor["files"].present?.elements().map { try FileDifference(json: $0) } ?? []
        layouts = try cursor["layouts"].present.map { try LayoutComparison(json: $0) }
        notes = try cursor["notes"].elements().map { try $0.string() }
        let word = try cursor["verdict"].string()
        guard utf8Equal(word, verdict.rawValue) else {
            throw try cursor["verdict"].error(
                expected: "\"\(verdict.rawValue)\", as the members come to", found: "\"\(word)\"")
        }
        guard try cursor["passes"].bool() == passes else {
            throw try cursor["passes"].error(expected: "\(passes), as \(word) is", found: "\(!passes)")
        }
    }

    private static func layers(
        _ cursor: JSONCursor, _ tensors: [TensorDifference], _ compared: Int
    ) throws -> [DifferenceGroup] {
        var differing = Dictionary(grouping: tensors) { LayerName.layer($0.name) }
        guard let list = try cursor.present?.elements() else {
            return differing.map { DifferenceGroup(layer: $0, differing: $1) }.sorted { utf8Less($0.name, $1.name) }
        }
        let layers = try list.map {
            try DifferenceGroup(json: $0, differing: differing.removeValue(forKey: $0["layer"].string()) ?? [])
        }
        let counted = layers.reduce(0) { $0 + ($1.tensors ?? 0) }
        guard differing.isEmpty, counted == compared else {
            throw cursor.error(
                expected: "layers of all \(compared) tensors", found: "\(counted) tensors in \(layers.count) layers")
        }
        return layers
    }
}

extension CheckpointDifference.Side {
    init(json cursor: JSONCursor) throws {
        (path, container) = (try cursor["path"].string(), try cursor["container"].string())
        (tensors, elements) = (try cursor["tensors"].int(), try cursor["elements"].int())
        bytes = try cursor["bytes"].int()
    }
}

extension LayoutComparison {
    init(json cursor: JSONCursor) throws {
        (left, right) = (try cursor["left"].string(), try cursor["right"].string())
        isOne = try cursor["of_one_layout"].present?.bool() ?? false
        pairs = try cursor["pairs"].count()
        unpaired = try cursor["without_counterpart"].elements().map { item in
            let word = try item["side"].string()
            guard let side = UnpairedTensor.Side(rawValue: word) else {
                throw try item["side"].error(expected: "A or B", found: "\"\(word)\"")
            }
            return UnpairedTensor(
                name: try item["name"].string(), side: side, why: try item["why"].string(),
                isCovered: try item["covered"].bool())
        }
    }
}

extension CheckpointDifference.Text {
    init(json cursor: JSONCursor) throws {
        (key, left) = (try cursor["key"].string(), try cursor["left"].present?.string())
        right = try cursor["right"].present?.string()
        // Of earlier versions: another text never passed.
        passes = try cursor["passes"].present?.bool() ?? false
    }
}

extension FileDifference {
    init(json cursor: JSONCursor) throws {
        (path, why) = (try cursor["path"].string(), try cursor["why"].string())
        let (side, word) = (try cursor["sides"].string(), try cursor["outcome"].string())
        guard let sides = Sides(rawValue: side) else {
            throw try cursor["sides"].error(expected: "A, B, or A and B", found: "\"\(side)\"")
        }
        guard let outcome = Outcome(rawValue: word) else {
            throw try cursor["outcome"].error(expected: "what is known of a file", found: "\"\(word)\"")
        }
        (self.sides, self.outcome) = (sides, outcome)
    }
}

extension DifferencePolicy {
    init(json cursor: JSONCursor) throws {
        func texts(_ name: String) throws -> [String] {
            try cursor[name].present?.elements().map { try $0.string() } ?? []
        }
        func tolerance(_ cursor: JSONCursor) throws -> Tolerance {
            let text = try cursor.string()
            guard let tolerance = Tolerance(text) else {
                throw cursor.error(expected: "a tolerance", found: "\"\(text)\"")
            }
            return tolerance
        }
        let rules = try cursor["rules"].elements().map { rule in
            let isIgnored = try rule["tolerance"].value == "ignore"
            return Rule(
                pattern: try rule["pattern"].string(), tolerance: isIgnored ? nil : try tolerance(rule["tolerance"]))
        }
        self.init(
            tolerance: try tolerance(cursor["tolerance"]), rules: rules,
            ignoresMetadata: try cursor["ignore_metadata"].bool(), allowsRename: try cursor["allow_rename"].bool(),
            only: try texts("only"), ignoredMetadata: try texts("ignored_metadata"),
            ignoredFiles: try texts("ignored_files"))
    }
}

extension TensorDifference {
    init(json cursor: JSONCursor) throws {
        (name, passes) = (try cursor["name"].string(), try cursor["passes"].bool())
        left = try cursor["left"].present.map { try Side(json: $0) }
        right = try cursor["right"].present.map { try Side(json: $0) }
        counterpart = try cursor["name_in_b"].present.map {
            Counterpart(
                name: try $0.string(), ulpIndex: try cursor["ulp_max_index_in_b"].present?.count(),
                absoluteIndex: try cursor["abs_max_index_in_b"].present?.count())
        }
        verdict = try TensorVerdict(json: cursor)
        measures = try cursor["measures"].present.map { try TensorMeasures(json: $0) }
        notes = try cursor["notes"].present?.elements().map { try $0.string() } ?? []
        let stated = try cursor["unequal"].count()
        guard stated == unequal else {
            throw try cursor["unequal"].error(expected: "\(unequal), as the members come to", found: "\(stated)")
        }
    }
}

extension TensorVerdict {
    fileprivate init(json cursor: JSONCursor) throws {
        let word = try cursor["verdict"].string()
        let all: [TensorVerdict] = [
            .equal, .withinTolerance, .different, .reshaped, .onlyLeft, .onlyRight,
            .transposed(axes: try cursor["axes"].present?.elements().map { try $0.int() } ?? []),
            .renamed(to: try cursor["renamed_to"].present?.string() ?? ""),
        ]
        guard let verdict = all.first(where: { $0.word == word }) else {
            throw try cursor["verdict"].error(expected: "how two tensors differ", found: "\"\(word)\"")
        }
        self = verdict
    }
}

extension TensorMeasures {
    /// Reads `json`: all but the sums, which it does not have.
    init(json cursor: JSONCursor) throws {
        func int(_ name: String) throws -> Int { try cursor[name].count() }
        func distance(_ name: String) throws -> UInt64 {
            try cursor[name].value == "max" ? .max : cursor[name].uint64()
        }
        self.init()
        let octaves = try cursor["ulp_histogram"].elements().map { try $0.count() }
        guard octaves.count < histogram.count else {
            throw try cursor["ulp_histogram"].error(
                expected: "\(histogram.count - 1) bins at most", found: "\(octaves.count)")
        }
        histogram.replaceSubrange(0..<octaves.count, with: octaves)
        histogram[histogram.count - 1] = try int("ulp_nan_to_number")
        // Every pair is in one bin; a complex element is two of them.
        (count, unequal) = (histogram.reduce(0, +), try int("unequal"))
        let elements = try int("elements")
        guard elements == count || 2 * elements == count else {
            throw try cursor["elements"].error(expected: "\(count), as the histogram has", found: "\(elements)")
        }
        if elements != count { (numbersPerElement, unequalPairs) = (2, unequal) }
        (zeroSigns, nanPayloads) = (try int("zero_signs"), try int("nan_payloads"))
        (nanGained, nanLost) = (try int("nan_gained"), try int("nan_lost"))
        (infGained, infLost) = (try int("inf_gained"), try int("inf_lost"))
        (signFlips, outside) = (try int("sign_flips"), try int("outside_tolerance"))
        (median, percentile99) = (try distance("ulp_p50"), try distance("ulp_p99"))
        let values = try ["ulp_max_values", "abs_max_values"].map { name in
            (try cursor[name][0].string(), try cursor[name][1].string())
        }
        maxULP = Worst(
            amount: try distance("ulp_max"), index: try int("ulp_max_index"), left: values[0].0, right: values[0].1)
        maxAbsolute = Worst(
            amount: try cursor["abs_max"].decimal(), index: try int("abs_max_index"), left: values[1].0,
            right: values[1].1)
        quotients = Quotients(
            meanAbsolute: try cursor["abs_mean"].decimal(), relativeL2: try cursor["relative_l2"].decimal(),
            cosine: try cursor["cosine"].present?.decimal())
    }
}
