import Core
import Foundation
import Ledger

/// The records of a run's steps.
extension Run {
    /// A document that records steps. A run of which only a manifest is known has none.
    package enum Source: String, CaseIterable {
        /// `Golden/RUN/log.jsonl`.
        case golden = "golden log"
        /// `.smpo/ledger.sqlite`.
        case ledger

        /// The source as something that a replay is held against.
        package var evidence: EvidenceKind {
            switch self {
            case .golden: .goldenLog
            case .ledger: .ledger
            }
        }
    }

    /// The documents that record this run's steps.
    package var sources: [Source] { (golden == nil ? [] : [.golden]) + (ledger == nil ? [] : [.ledger]) }

    private func steps(in source: Source) -> [StoredStep] {
        switch source {
        case .golden: golden ?? []
        case .ledger: ledger ?? []
        }
    }

    private func record(_ step: Int, in source: Source) -> StepRecord? {
        let steps = steps(in: source)
        return steps.indices.contains(step - 1) ? steps[step - 1].record : nil
    }

    /// The records of all steps in one source; empty where it does not have the run.
    func records(in source: Source) -> [StepRecord] { steps(in: source).map(\.record) }

    /// The records of all steps, of the golden log where there is one, else of the ledger; empty where neither has any.
    package var records: [StepRecord] { sources.first.map { records(in: $0) } ?? [] }

    /// The number of steps that are known: the outcome's, or those in the ledger of a run that is not finished.
    package var stepCount: Int { outcomes.first?.outcome.steps ?? ledger?.count ?? 0 }

    /// The number of steps of which there is a record.
    var recordedSteps: Int { max(golden?.count ?? 0, ledger?.count ?? 0) }

    /// Each source's record of a step, where it has one; the golden log comes first.
    func records(of step: Int) -> [StepRecord] { sources.compactMap { record(step, in: $0) } }

    /// Each source's record of a step, with the digests that it keeps of the step's tensors; the golden log comes
    /// first.
    /// - Throws: `LedgerError`, `TamperError`, `FileError`.
    package func traces(of step: Int) throws -> [StepTrace] {
        var traces: [StepTrace] = []
        if let record = record(step, in: .golden), let golden, let log {
            traces.append(StepTrace(record: record, tensors: try log.tensors(of: step, in: golden)))
        }
        if let trace = try ledgerTrace(of: step) { traces.append(trace) }
        return traces
    }

    /// The ledger's record of a step with its digests of tensors; nil where it does not have the step.
    func ledgerTrace(of step: Int) throws -> StepTrace? {
        guard let store, let record = record(step, in: .ledger) else { return nil }
        return StepTrace(record: record, tensors: try store.tensors(of: name, step: record))
    }

    /// Whether the digests of single tensors lie beside the golden log.
    var hasGoldenTensors: Bool { log?.hasTensors ?? false }

    /// The inputs and outputs of every operator of a step, as digests, where the ledger holds them.
    func operators(of step: Int) throws -> OperatorTrace? { try store?.operators(of: name, step: step) }

    /// The recorded chain up to a step; nil when not all its records are known.
    func chain(upTo step: Int) -> Chain? {
        let digests = ledger?.map(\.digest) ?? golden?.map(\.digest) ?? []
        guard digests.count >= step else { return nil }
        var chain = Chain(inputs: manifest.inputs.digest)
        for digest in digests.prefix(step) { chain.append(digest) }
        return chain
    }

    /// The seconds that a step took when the run was recorded; a run that was taken up again seems slower than it was. Nil where
    /// the ledger does not say. - Throws: `LedgerError`.
    package func stepSeconds() throws -> Double? {
        guard ledger != nil, let row = try store?.run(name), row.steps > 0, let ended = row.endedAt else { return nil }
        let reader = ISO8601DateFormatter()
        reader.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        guard let begin = reader.date(from: row.startedAt), let end = reader.date(from: ended) else { return nil }
        return end.timeIntervalSince(begin) / Double(row.steps)
    }
}
