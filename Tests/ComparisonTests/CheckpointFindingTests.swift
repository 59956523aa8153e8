import Checkpoints
import Comparison
import Compute
import Core
import Pages
import Testing

/// The difference of two checkpoints as a finding, and read again from what `smpo diff --json` wrote.
@Suite struct CheckpointFindingTests {
    private func compare(_ policy: DifferencePolicy = DifferencePolicy()) throws -> CheckpointDifference {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let left = try Checkpoint.of([
            "unet.down_blocks.0.resnets.0.conv1.weight": [1, 2, 3, 4], "unet.conv_in.bias": [0, 0], "unet.same": [7],
            "a<b": [1, 5],
        ])
        let right = try Checkpoint.of([
            "unet.down_blocks.0.resnets.0.conv1.weight": [1, 2.5, 3, -4], "unet.conv_in.bias": [0, .nan],
            "unet.same": [7], "c": [1, 2, 3],
        ])
        return try CheckpointComparison(engine: engine, policy: policy).compare(left, right)
    }

    private func read(_ value: JSONValue) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(value.canonicalBytes, file: "x"), name: "document", file: "x")
    }

    private func rows(_ finding: Finding?) -> [[String]] {
        for case .table(let table) in finding?.contents ?? [] { return table.rows }
        return []
    }

    @Test func aFindingHasAllThatDiffers() throws {
        let finding = try compare().finding()
        #expect(finding.conclusion?.word == "different" && finding.conclusion?.status == .differs)
        let layers = try #require(finding["checkpoints"])
        #expect(layers.says[0] == "4 of 5 tensors differ, in 8 elements.")
        // What is infinitely far away comes first.
        let measured = rows(layers)
        #expect(measured.map { $0[0] } == ["unet.down_blocks.0.resnets.0.conv1.weight", "unet.conv_in.bias"])
        #expect(measured[0][3] == "50 %" && measured[1][4] == "max")
        let shaded = layers.contents.compactMap { if case .shaded(let table) = $0 { table } else { nil } }[0]
        #expect(shaded.columns.count == 6 && shaded.rows.map(\.count).contains("0/1"))
        #expect(shaded.rows.flatMap { $0.cells.map(\.text) }.contains("1"))  // a sign that flipped, a NaN that came
        let distances = layers.contents.compactMap { if case .distances(let all) = $0 { all } else { nil } }
        #expect(distances[0].count == 2 && distances[0].contains { $0.bins.last == 1 })
        #expect(rows(finding["others"]).map { $0[0...1] } == [["a<b", "only in A"], ["c", "only in B"]])
        #expect(finding["sides"]?.facts.count { $0.name == "tensors" && $0.value == "4" } == 2)
        #expect(finding["inputs"]?.absence != nil && finding["files"]?.absence != nil)
        #expect(finding.unchecked.map(\.what) == ["where the two come from"])
    }

    @Test func whatThePolicyLeavesOutIsSaid() throws {
        let policy = DifferencePolicy(
            tolerance: .ulp(2),
            rules: [.init(pattern: "*.bias", tolerance: nil), .init(pattern: "c", tolerance: .ulp(9))],
            ignoresMetadata: true, allowsRename: true, only: ["unet*"], ignoredMetadata: ["k"])
        let whats = try compare(policy).finding().unchecked.map(\.what)
        #expect(
            whats == [
                "other tensors than unet*", "tensors named *.bias", "differences within ulp:9 in c",
                "differences within ulp:2", "metadata", "metadata named k", "names of equal tensors",
                "where the two come from",
            ])
    }

    /// What `smpo report` shows of the document is what `smpo diff` shows of the checkpoints.
    @Test func documentsReadBackAsTheSameFinding() throws {
        let difference = try compare()
        let document = try read(difference.json)
        #expect(CheckpointDifference.isDifference(document.value))
        let again = try CheckpointDifference(json: document)
        #expect(again.finding() == difference.finding() && again.json == difference.json)
        #expect(try HTMLPresenter().present(again.finding()) == HTMLPresenter().present(difference.finding()))
    }

    /// The first version wrote neither layers nor files nor what the policy leaves out.
    @Test func documentsOfEarlierVersionsAreRead() throws {
        let difference = try compare()
        guard case .object(var object) = difference.json, case .object(var policy)? = object["policy"],
            case .object(var counts)? = object["tensors"]
        else { return }
        (policy["ignored_files"], policy["ignored_metadata"], counts["left_out"]) = (nil, nil, nil)
        (object["layers"], object["files"]) = (nil, nil)
        (object["policy"], object["tensors"]) = (.object(policy), .object(counts))
        let finding = try CheckpointDifference(json: read(.object(object))).finding()
        #expect(finding["checkpoints"]?.says == difference.finding()["checkpoints"]?.says)
        #expect(finding["others"] == difference.finding()["others"])
        let shaded = try #require(
            finding["checkpoints"]?.contents.compactMap { if case .shaded(let table) = $0 { table } else { nil } }.first
        )
        #expect(shaded.rows.map(\.count) == ["1", "1", "1", "1"])
        #expect(finding.conclusion?.sentence == "2 of 3 tensors differ in 3 elements, 1 only in A, 1 only in B.")
    }

    /// A document whose verdict or counts do not follow from what it lists is none.
    @Test(
        arguments: [
            ("verdict", "identical"), ("passes", true), ("verdict", "fine"), ("schema", "smpo/checkpoint-diff/2"),
            ("layers", []), ("tensors", ["compared": 2]), ("tensors", ["compared": 6]),
        ] as [(String, JSONValue)])
    func documentsThatContradictThemselvesAreRefused(member: String, value: JSONValue) throws {
        guard case .object(var object) = try compare().json else { return }
        object[member] = value
        #expect(throws: JSONShapeError.self) { try CheckpointDifference(json: read(.object(object))) }
    }
}
