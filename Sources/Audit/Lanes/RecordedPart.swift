import Comparison
import Core
import Ledger

/// A recorded step cut down to that which was computed again of it: entries and tensors of the same names.
struct RecordedPart {
    /// What the record says of that which was found.
    let expected: StepTrace
    /// What was found, without the tensors of the phases that are `missing`.
    let found: StepTrace
    /// Phases of which some tensors were found, and the record keeps no digests of single ones.
    let missing: [Phase]

    /// The first difference.
    var divergence: Divergence? { TraceComparison.firstDifference(expected: expected, found: found) }
    /// The entries that are compared, those of tensors counted as one a phase, and the single tensors.
    var counts: (entries: Int, tensors: Int) {
        (
            found.record.phases.reduce(0) { $0 + $1.entries.count },
            found.record.phases.reduce(0) { $0 + ($1.tensors?.count ?? 0) }
        )
    }

    /// What `recorded` says of `found`, which has all tensors of the phases in `whole`; these are held against the
    /// record's commitment to them.
    init(of recorded: StepTrace, like found: StepTrace, whole: Set<Phase>) throws {
        var missing: [Phase] = []
        var phases: (expected: [PhaseRecord], found: [PhaseRecord]) = ([], [])
        var lists: (expected: [Phase: TensorList], found: [Phase: TensorList]) = ([:], [:])
        for record in found.record.phases {
            let phase = record.phase
            var own = record.entries.filter { $0.name != TraceEntry.tensorsName }
            var other = (recorded.record[phase]?.entries ?? []).filter { entry in
                own.contains { utf8Equal($0.name, entry.name) }
            }
            if let list = found.tensors[phase] {
                let digests = recorded.tensors[phase]
                if whole.contains(phase) {
                    if let commitment = recorded.record[phase]?[TraceEntry.tensorsName] { other.append(commitment) }
                    (lists.expected[phase], lists.found[phase]) = (digests, list)
                    own.append(TraceEntry(tensors: list.commitment))
                } else if let digests {
                    let known = try TensorList(list.names.compactMap { name in digests[name].map { (name, $0) } })
                    if !known.names.isEmpty { other.append(TraceEntry(tensors: known.commitment)) }
                    (lists.expected[phase], lists.found[phase]) = (known, list)
                    own.append(TraceEntry(tensors: list.commitment))
                } else {
                    missing.append(phase)
                }
            }
            if !own.isEmpty { phases.found.append(try PhaseRecord(phase, own)) }
            if !other.isEmpty { phases.expected.append(try PhaseRecord(phase, other)) }
        }
        let step = found.record.step
        self.missing = missing
        expected = StepTrace(
            record: try StepRecord(step: recorded.record.step, phases: phases.expected), tensors: lists.expected)
        self.found = StepTrace(record: try StepRecord(step: step, phases: phases.found), tensors: lists.found)
    }
}
