import Core
import Ledger
import Testing

@Suite struct RecordTests {
    @Test func chainAgreesWithHashlib() throws {
        let known = try Sample.known()
        let inputs = try Sample.inputs()
        #expect(try inputs.json.canonical == known["inputs"].string())
        #expect(try inputs.digest == known["inputs_digest"].digest())
        var chain = Chain(inputs: inputs.digest)
        for (record, expected) in zip(try Sample.records(), try known["steps"].elements()) {
            #expect(try record.json.canonical == expected["record"].string())
            #expect(try record.digest == expected["digest"].digest())
            #expect(try record[.loss]?.digest == expected["loss_phase"].digest())
            let head = chain.append(record.digest)
            #expect(try head == expected["head"].digest())
        }
        #expect(try chain.stepsRoot == known["steps_root"].digest())
        #expect(chain.count == 3)
    }

    @Test func recordsMadeInAnyOrderAreEqual() throws {
        let entries = [TraceEntry("b", Float(1)), TraceEntry("a", Double(2)), TraceEntry("é", Digest.of(.file, ""))]
        let loss = try PhaseRecord(.loss, entries)
        let batch = try PhaseRecord(.batch, [TraceEntry("ids", .text(["x", "y"]))])
        let one = try StepRecord(step: 1, phases: [loss, batch])
        let other = try StepRecord(step: 1, phases: [batch, PhaseRecord(.loss, entries.reversed())])
        #expect(one == other)
        #expect(one.digest == other.digest)
        #expect(one.phases.map(\.phase) == [.batch, .loss])
        #expect(
            one.json.canonical == #"{"phases":{"batch":{"ids":{"text":["x","y"]}},"loss":{"#
                + #""a":{"f64":["0x4000000000000000"]},"b":{"f32":["0x3f800000"]},"é":"\#(Digest.of(.file, "").hex)"}},"step":1}"#
        )
        #expect(try StepRecord(json: JSONCursor(one.json, name: "r")) == one)
    }

    @Test func everyPartOfAnEntryReachesTheDigest() throws {
        let values: [TraceValue] = [
            .float32([1]), .float32([1, 1]), .float32([]), .float64([1]), .integers([1]), .text(["1"]),
            .digest(Digest.of(.file, "")), .text([]), .integers([]), .text(["", ""]), .text([""]),
        ]
        var digests: Set<Digest> = []
        for value in values {
            for name in ["a", "b"] {
                for phase in [Phase.loss, .update] {
                    let record = try StepRecord(step: 1, phases: [PhaseRecord(phase, [TraceEntry(name, value)])])
                    digests.insert(record.digest)
                    #expect(try StepRecord(json: JSONCursor(record.json, name: "r")) == record)
                }
            }
        }
        #expect(digests.count == values.count * 2 * 2)
    }

    @Test func duplicatesAreRefused() throws {
        #expect(throws: DuplicateEntry(phase: .loss, name: "x")) {
            try PhaseRecord(.loss, [TraceEntry("x", Float(1)), TraceEntry("y", Float(1)), TraceEntry("x", Float(2))])
        }
        let phase = try PhaseRecord(.loss, [])
        #expect(throws: DuplicateEntry(phase: .loss, name: nil)) { try StepRecord(step: 1, phases: [phase, phase]) }
    }

    @Test(arguments: [
        #"{"phases":{},"step":0}"#, #"{"phases":{"lost":{}},"step":1}"#, #"{"phases":{},"step":1,"x":1}"#,
        #"{"phases":{"loss":{"a":"abc"}},"step":1}"#, #"{"phases":{"loss":{"a":{}}},"step":1}"#,
        #"{"phases":{"loss":{"a":{"f32":[],"f64":[]}}},"step":1}"#,
        #"{"phases":{"loss":{"a":{"f32":["0x1"]}}},"step":1}"#,
        #"{"phases":{"loss":{"a":{"shape":[],"f32":[]}}},"step":1}"#, #"{"phases":{"loss":{"tensors":{}}},"step":1}"#,
        #"{"phases":{"loss":{"tensors":{"f32":[]}}},"step":1}"#,
        #"{"phases":{"loss":{"a":{"f32":[1]}}},"step":1}"#, #"{"phases":{"loss":{"a":1}},"step":1}"#, #"{"step":1}"#,
    ])
    func otherShapesAreRefused(text: String) throws {
        let json = try JSONValue.parse(text, file: "t")
        #expect(throws: JSONShapeError.self) { try StepRecord(json: JSONCursor(json, name: "r")) }
    }

    @Test func phasesAreInTheOrderOfAStep() {
        #expect(
            Phase.allCases.map(\.rawValue) == [
                "batch", "timestep", "inversion", "target", "reference", "policy", "loss", "gradient", "update",
                "weights",
            ])
        #expect(Phase.allCases.sorted() == Phase.allCases)
    }
}
