import Core

extension CheckpointDifference {
    /// The report for programs: `schema` names its version. Identical tensors are counted, by layer, not
    /// listed.
    package var json: JSONValue {
        guard case .object(var members) = plain, let layouts else { return plain }
        members["layouts"] = layouts.json
        return .object(members)
    }

    private var plain: JSONValue {
        [
            "schema": .string(Self.schema),
            "verdict": .string(verdict.rawValue),
            "passes": .bool(passes), "left": left.json, "right": right.json, "policy": policy.json,
            "tensors": .object(
                JSONObject([
                    ("compared", .integer(compared)), ("differing", .integer(differing.count)),
                    ("failing", .integer(tensors.filter { !$0.passes }.count)),
                    ("left_out", .integer(leftOut)),
                ])),
            "layers": .array(layers.map(\.json)), "differences": .array(differing.map(\.json)),
            "metadata": .array(
                metadata.map {
                    [
                        "key": .string($0.key), "left": Self.text($0.left), "right": Self.text($0.right),
                        "passes": .bool($0.passes),
                    ]
                }),
            "files": .array(files.map(\.json)),
            "notes": .array(notes.map(JSONValue.string)),
        ]
    }

    static let schema = "smpo/checkpoint-diff/1"

    private static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
}

extension CheckpointDifference.Side {
    var json: JSONValue {
        [
            "path": .string(path), "container": .string(container), "tensors": .integer(tensors),
            "elements": .integer(elements), "bytes": .integer(bytes),
        ]
    }
}

extension LayoutComparison {
    var json: JSONValue {
        let one: [(String, JSONValue)] = isOne ? [("of_one_layout", true)] : []
        return .object(
            JSONObject(
                one + [
                    ("left", .string(left)), ("right", .string(right)), ("pairs", .integer(pairs)),
                    (
                        "without_counterpart",
                        .array(
                            unpaired.map {
                                [
                                    "name": .string($0.name), "side": .string($0.side.rawValue), "why": .string($0.why),
                                    "covered": .bool($0.isCovered),
                                ]
                            })
                    ),
                ]))
    }
}

extension FileDifference {
    var json: JSONValue {
        [
            "path": .string(path), "sides": .string(sides.rawValue), "outcome": .string(outcome.rawValue),
            "why": .string(why),
        ]
    }
}

extension DifferencePolicy {
    var json: JSONValue {
        [
            "tolerance": .string(tolerance.text), "ignore_metadata": .bool(ignoresMetadata),
            "ignored_metadata": .array(ignoredMetadata.map(JSONValue.string)),
            "ignored_files": .array(ignoredFiles.map(JSONValue.string)),
            "allow_rename": .bool(allowsRename), "only": .array(only.map(JSONValue.string)),
            "rules": .array(
                rules.map {
                    ["pattern": .string($0.pattern), "tolerance": .string($0.tolerance?.text ?? "ignore")]
                }),
        ]
    }
}

extension TensorDifference {
    var json: JSONValue {
        var members: [(String, JSONValue)] = [
            ("name", .string(name)), ("verdict", .string(verdict.word)), ("passes", .bool(passes)),
            ("left", left.map(Self.json) ?? .null), ("right", right.map(Self.json) ?? .null),
            ("unequal", .integer(unequal)),
        ]
        if case .renamed(let other) = verdict { members.append(("renamed_to", .string(other))) }
        if case .transposed(let axes) = verdict {
            members.append(("axes", .array(axes.map { JSONValue.integer($0) })))
        }
        if let counterpart {
            members.append(("name_in_b", .string(counterpart.name)))
            if let index = counterpart.ulpIndex { members.append(("ulp_max_index_in_b", .integer(index))) }
            if let index = counterpart.absoluteIndex { members.append(("abs_max_index_in_b", .integer(index))) }
        }
        if let measures { members.append(("measures", measures.json)) }
        if !notes.isEmpty { members.append(("notes", .array(notes.map(JSONValue.string)))) }
        return .object(JSONObject(members))
    }

    private static func json(_ side: Side) -> JSONValue {
        ["dtype": .string(side.type), "shape": .array(side.shape.map { JSONValue.integer($0) })]
    }
}

extension TensorMeasures {
    /// Distances are integers; one of NaN to a number is "max". Bins of the histogram: 0, then up to 1, 3, 7 … ULP, then
    /// NaN to a number; empty ones at the end of the numbers are left out.
    package var json: JSONValue {
        func ulp(_ distance: UInt64) -> JSONValue { distance == .max ? "max" : .integer(distance) }
        let octaves = histogram.dropLast()
        let last = octaves.lastIndex { $0 > 0 } ?? 0
        return [
            "elements": .integer(elements), "unequal": .integer(unequalElements), "share": .decimal(share),
            "zero_signs": .integer(zeroSigns), "nan_payloads": .integer(nanPayloads),
            "nan_gained": .integer(nanGained), "nan_lost": .integer(nanLost), "inf_gained": .integer(infGained),
            "inf_lost": .integer(infLost), "sign_flips": .integer(signFlips), "outside_tolerance": .integer(outside),
            "ulp_max": ulp(maxULP.amount), "ulp_max_index": .integer(maxULP.index),
            "ulp_max_values": [.string(maxULP.left), .string(maxULP.right)], "ulp_p50": ulp(median),
            "ulp_p99": ulp(percentile99),
            "ulp_histogram": .array(octaves.prefix(last + 1).map { JSONValue.integer($0) }),
            "ulp_nan_to_number": .integer(histogram.last ?? 0),
            "abs_max": .decimal(maxAbsolute.amount), "abs_max_index": .integer(maxAbsolute.index),
            "abs_max_values": [.string(maxAbsolute.left), .string(maxAbsolute.right)],
            "abs_mean": .decimal(meanAbsolute), "relative_l2": .decimal(relativeL2),
            "cosine": cosine.map(JSONValue.decimal) ?? .null,
        ]
    }
}
