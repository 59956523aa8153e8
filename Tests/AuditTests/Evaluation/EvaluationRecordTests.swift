import Audit
import Core
import Foundation
import SeededRandom
import Testing

/// Reports of evaluations read from files that may be damaged, and checks that may say too much.
@Suite struct EvaluationRecordTests {
    /// A golden evaluation of the sources.
    private static let path = URL(fileURLWithPath: #filePath).appendingPathComponent(
        "../../../../Golden/short-eval-sd/evaluation.json"
    ).standardizedFileURL.path

    private func record(_ change: (inout JSONObject) throws -> Void) throws -> EvaluationRecord {
        var object = try JSONCursor(JSONValue.read(Self.path), name: "report").object()
        try change(&object)
        return try EvaluationRecord(.object(object), file: "r.json")
    }

    @Test func aReportHoldsByItsDigest() throws {
        let whole = try EvaluationRecord.read(Self.path)
        #expect(whole.holds && whole.pictures == 4 && whole.scores == 16)
        // Neither paths nor what was made when are in it.
        #expect(try record { $0["asked"] = ["model": "elsewhere"] }.holds)
        #expect(try record { $0["made_now"] = nil }.holds)
        // All else is: a member that is changed is refused, or does not hold.
        for key in whole.content.keys {
            let changed = try? record { $0[key] = .string("x") }
            #expect(changed?.holds != true, "\(key)")
        }
        #expect(try !record { $0["more"] = 1 }.holds)
    }

    @Test func anotherSchemaIsNamed() throws {
        func message(_ change: (inout JSONObject) -> Void) throws -> String {
            "\(try #require(throws: JSONShapeError.self) { try record(change) })"
        }
        let old = try message { $0["schema"] = 1 }
        #expect(old.contains("r.json: report.schema: expected 2"), "\(old)")
        #expect(old.contains("an earlier program wrote it"), "\(old)")
        #expect(try message { $0["schema"] = 3 }.contains("found 3"))
        #expect(try message { $0["asked"] = nil }.contains("without what was asked for"))
        #expect(try message { $0["prompts"] = nil }.contains("without prompts"))
        #expect(try message { $0["digest"] = "x" }.contains("report.digest"))
        #expect(try message { $0["models"] = [] }.contains("report.models"))
        #expect(try message { $0["rewards"] = [] }.contains("report.rewards"))
    }

    /// As many pictures and scores as prompts, of every model.
    @Test func countsMustAgree() throws {
        for (path, what) in [("pictures", "pictures"), ("scores", "reward models")] {
            let error = try #require(throws: JSONShapeError.self) {
                try record { object in
                    guard case .array(let models)? = object["models"], case .object(var model) = models[0],
                        case .array(let list)? = model[path]
                    else { return }
                    model[path] = .array(list.dropLast())
                    object["models"] = [.object(model)]
                }
            }
            #expect("\(error)".contains("report.models[0].\(path): expected 4 \(what)"), "\(error)")
        }
    }

    /// Whatever byte is another, it is an error, or a report that does not hold, or one that says the same.
    @Test func damagedFilesAreNoTrap() throws {
        let bytes = try FileContents.read(Self.path)
        let whole = try EvaluationRecord.read(Self.path)
        var random = SplitMix(state: 5)
        var (refused, broken) = (0, 0)
        for round in 0..<600 {
            var damaged = bytes
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch round % 3 {
            case 0: damaged.removeSubrange(place...)
            case 1: damaged[place] = UInt8.random(in: 0...255, using: &random)
            default:
                // Another digit, so that it is still JSON.
                let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
                guard let digit = damaged[place...].firstIndex(where: digits.contains) else { continue }
                damaged[digit] = UInt8.random(in: digits, using: &random)
            }
            guard let value = try? JSONValue.parse(damaged, file: "r.json"),
                let record = try? EvaluationRecord(value, file: "r.json")
            else {
                refused += 1
                continue
            }
            if record.holds { #expect(record.content == whole.content) } else { broken += 1 }
        }
        #expect(refused > 200 && broken > 100, "\(refused) \(broken)")
    }

    /// A check that says reproduced must have made all of it again, and come to the report's digest.
    @Test func aPassMustSayWhatWasMade() throws {
        let digest = JSONValue.digest(.of(.document, "a")), other = JSONValue.digest(.of(.document, "b"))
        func contradiction(_ members: [(String, JSONValue)]) throws -> String? {
            let object = JSONObject(
                [
                    ("report", "r.json"), ("verdict", "reproduced"), ("says", "all"), ("pictures", 4), ("scores", 16),
                    ("kept", 0), ("digest", digest), ("found_digest", digest),
                ] + members)
            return try ReportedEvaluation(json: JSONCursor(.object(object), name: "check")).contradiction
        }
        #expect(try contradiction([]) == nil)
        for member in [
            ("kept", 1), ("pictures", 0), ("scores", 0), ("found_digest", .null), ("found_digest", other),
            ("verdict", "within-band"),
        ] as [(String, JSONValue)] { #expect(try contradiction([member]) != nil, "\(member)") }
        #expect(try contradiction([("verdict", "diverged"), ("found_digest", other)]) == nil)
        #expect(throws: JSONShapeError.self) { try contradiction([("verdict", "fine")]) }
    }
}
