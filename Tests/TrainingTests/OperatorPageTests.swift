import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// The tables of sections and operators in the format page, held against what short runs do.
@Suite struct OperatorPageTests {
    /// Which operators a step runs, with how many operands and results, and in which sections.
    private final class Watcher: OperatorObserver {
        var operators: [String: Set<[Int]>] = [:]
        var sections: Set<String> = []
        private var running: [(name: String, inputs: Int)] = []

        func willRun(_ operation: String, section: String, _ inputs: [Tensor]) {
            running.append((operation, inputs.count))
            sections.insert(section.replacing(/[0-9]+/, with: "K"))
        }

        func didRun(_ outputs: [Tensor]) {
            let (name, inputs) = running.removeLast()
            operators[name, default: []].insert([inputs, outputs.count])
        }
    }

    /// The cells of the table below a heading of the page, without its head.
    private func rows(below heading: String) throws -> [[String]] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/Ledger/FORMAT.md").path
        let lines = String(decoding: try FileContents.read(path), as: UTF8.self).components(separatedBy: "\n")
        let start = try #require(lines.firstIndex(of: heading))
        let table = lines[(start + 1)...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        return table.dropFirst(2).map {
            $0.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
        }
    }

    /// The least and the largest number of tensors in a list as `dy, x, dw?`; `…` stands for any number more.
    private func counts(_ list: String) -> ClosedRange<Int> {
        let names = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let least = names.count { !$0.hasSuffix("?") && $0 != "…" }
        return least...(names.contains("…") ? 1 << 20 : names.count)
    }

    @Test func thePageHasTheSectionsAndOperatorsOfRuns() throws {
        let watcher = Watcher()
        for kind in VocabularyTests.kinds + [Self.guided] {
            try RunSupport.withRuns { runs in
                try RunSupport.withSession(kind.recipe(runs), kind.overrides) { session in
                    let engine = session.trainer.model.engine
                    (engine.observer, engine.section) = (watcher, "batch")
                    _ = try session.step(observer: nil)
                    engine.observer = nil
                }
            }
        }
        let sections = try rows(below: "### Sections").map { $0[0] }
        #expect(Set(sections) == watcher.sections)
        let table = try rows(below: "### Operations")
        #expect(Set(table.map { $0[0] }) == Set(watcher.operators.keys))
        for row in table {
            let (takes, gives) = (counts(row[1]), counts(row[2]))
            for found in watcher.operators[row[0]] ?? [] {
                #expect(takes.contains(found[0]) && gives.contains(found[1]), "\(row[0]): \(found)")
            }
        }
    }

    private static let guided = VocabularyTests.Kind(
        objective: "smpo", more: "inversion: {steps: 2, guidance: 2, average: true}")
}
