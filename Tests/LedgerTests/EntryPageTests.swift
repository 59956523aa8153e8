import Core
import Foundation
import Ledger
import Testing

/// The tables of phases and entries in the format page, which follow from the code line by line.
@Suite struct EntryPageTests {
    /// The rows of the table below a heading of the page, without its head.
    private func rows(below heading: String) throws -> [String] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/Ledger/FORMAT.md").path
        let lines = String(decoding: try FileContents.read(path), as: UTF8.self).components(separatedBy: "\n")
        let start = try #require(lines.firstIndex(of: heading))
        let table = lines[(start + 1)...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        return Array(table.dropFirst(2))
    }

    @Test func thePageHasEveryPhase() throws {
        let expected = Phase.allCases.map { phase in
            let causes = phase.causes.sorted().map { "`\($0.rawValue)`" }.joined(separator: ", ")
            return "| `\(phase.rawValue)` | \(causes) | \(phase.source.rawValue) | \(phase.criterion.rawValue) | "
                + "\(phase.retention?.rawValue ?? "never") |"
        }
        #expect(try rows(below: "### Phases") == expected)
    }

    @Test func thePageHasEveryEntry() throws {
        let expected = Entries.all.map { entry in
            "| `\(entry.phase.rawValue)` | `\(entry.name)` | \(entry.type) | \(entry.shape.text) | \(entry.meaning) | "
                + "\(entry.condition.rawValue) |"
        }
        #expect(try rows(below: "### Entries") == expected)
    }

    /// A name is of one line at most, but for those of which a run has one or the other.
    @Test func noTwoLinesHaveOneName() {
        let names = Entries.all.filter { $0.condition != .scorer }.map {
            "\($0.phase) \($0.type == "tensor") \($0.name)"
        }
        #expect(Set(names).count == names.count)
        #expect(Entries.all.map(\.phase) == Entries.all.map(\.phase).sorted())
    }

    @Test(arguments: ["0000", "0007", "12345"]) func itemsAreNamedByTheirPlace(_ text: String) throws {
        let item = try #require(ItemName(text: text))
        #expect(item.text == text && item.index == Int(text))
        #expect(SampleName(text: text) == SampleName(item, nil))
        #expect(SampleName(text: text + ".winner") == SampleName(item, .winner))
        #expect(Entries.Loss.logits[item].name == text + ".inside")
        #expect(Entries.Loss.logits.subject(of: text + ".inside") == item)
        #expect(Entries.Loss.items.subject(of: text + ".inside") == nil)
        #expect(Entries.Inversion.paths[SampleName(item, .loser)].name == text + ".loser.path")
        #expect(Entries.Inversion.latents.subject(of: text + ".loser.path") == nil)
        #expect(Entries.Inversion.paths.subject(of: text + ".loser.path") == SampleName(item, .loser))
    }

    @Test(arguments: ["", "7", "007", "00012", "+0007", "-0001", "000a", "loss", "kl", "0000.middle", "0000."])
    func nothingElseIsAnItem(_ text: String) {
        #expect(ItemName(text: text) == nil && SampleName(text: text) == nil)
    }

    /// A number's bits survive the way into a record and back, and a value of another type is none.
    @Test func valuesReadBack() throws {
        let nan = Float(bitPattern: 0x7fc0_1234)
        let record = try StepRecord(
            step: 1,
            phases: [
                try PhaseRecord(
                    .loss,
                    [
                        Entries.Loss.loss(nan), Entries.Loss.errors[ItemName(3)]([1, -0.0]),
                        Entries.Loss.logits[ItemName(3)](2), Entries.Loss.logits[ItemName(4)](-1),
                    ]),
                try PhaseRecord(
                    .update, [TraceEntry("learning rate", Float(1)), Entries.Update.betaPowers([0.5, 0.25])]),
                try PhaseRecord(.timestep, [Entries.Timestep.t([5, 6])]),
            ])
        #expect(record[Entries.Loss.loss]?.bitPattern == nan.bitPattern)
        #expect(record[Entries.Loss.errors[ItemName(3)]]?.map(\.bitPattern) == [Float(1), -0.0].map(\.bitPattern))
        #expect(record[Entries.Loss.errors[ItemName(4)]] == nil && record.values(Entries.Loss.logits) == [2, -1])
        #expect(record[Entries.Update.learningRate] == nil && record[Entries.Update.betaPowers] == [0.5, 0.25])
        #expect(record[Entries.Timestep.t] == [5, 6] && record[Entries.Batch.ids] == nil)
        #expect(record[.loss]?["0003.errors"]?.value == .float32([0x3f80_0000, 0x8000_0000]))
    }

    /// Entries are written and read by their keys: no source beside the vocabulary spells one.
    @Test func noOtherSourceSpellsAnEntry() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        // By the place where a name is spelt, since the words themselves mean other things elsewhere too.
        let spelt = try Regex(
            #"TraceEntry\("|RecordKeys?(<.*>)?\(|observe\(\.\w+, "|\[\.(\#(Phase.allCases.map(\.rawValue).joined(separator: "|")))\]\??\s*\[""#
        )
        let suffixes = try Regex(
            #""(\.(winner|loser|errors|reference errors|inside|difference|cosines|caption|path|time ids)|clip factor|learning rate|beta powers|moment decay)""#
        )
        var found: [String] = []
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            guard !file.path.contains("/Ledger/Entries/") else { continue }
            let lines = String(decoding: try FileContents.read(file.path), as: UTF8.self).components(separatedBy: "\n")
            for line in lines where line.contains(spelt) || line.contains(suffixes) {
                found.append("\(file.lastPathComponent): \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
        #expect(found == [])
    }
}
