import Core

/// All that one step left behind: the record, which is hashed and chained, and the digests of single tensors to which
/// the record commits.
package struct StepTrace: Sendable, Equatable {
    /// The record.
    package let record: StepRecord
    /// The tensors of each phase that has any.
    package let tensors: [Phase: TensorList]

    /// A record with what is known of its tensors.
    package init(record: StepRecord, tensors: [Phase: TensorList] = [:]) {
        (self.record, self.tensors) = (record, tensors)
    }

    /// The digest under a name of a phase: an entry of the record, or a tensor.
    package func digest(of name: String, in phase: Phase) -> Digest? {
        if case .digest(let digest)? = record[phase]?[name]?.value { return digest }
        return tensors[phase]?[name]
    }

    /// The trace of some phases.
    package func only(_ phases: Set<Phase>) throws -> StepTrace {
        StepTrace(
            record: try StepRecord(step: record.step, phases: record.phases.filter { phases.contains($0.phase) }),
            tensors: tensors.filter { phases.contains($0.key) })
    }

    /// Puts a step together: `entries` are numbers, texts and digests, `tensors` become one entry `tensors` a phase.
    /// - Throws: `DuplicateEntry`, `DuplicateTensorName`.
    package init(
        step: Int, entries: [Phase: [TraceEntry]], tensors: [Phase: [(name: String, digest: Digest)]]
    ) throws {
        let lists = try tensors.filter { !$0.value.isEmpty }.mapValues { try TensorList($0) }
        let phases = try Phase.allCases.compactMap { phase -> PhaseRecord? in
            let all = (entries[phase] ?? []) + (lists[phase].map { [TraceEntry(tensors: $0.commitment)] } ?? [])
            return entries[phase] == nil && all.isEmpty ? nil : try PhaseRecord(phase, all)
        }
        self.init(record: try StepRecord(step: step, phases: phases), tensors: lists)
    }
}
