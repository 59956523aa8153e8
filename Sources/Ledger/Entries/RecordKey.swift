import Core

/// The name under which a phase's record holds one value; nothing else writes or reads an entry.
package struct RecordKey<Value: Sendable>: Sendable {
    /// The line of the vocabulary that it is of.
    package let entry: RecordEntry
    /// The name in the record.
    package let name: String

    /// The phase.
    package var phase: Phase { entry.phase }
}

/// The names of an entry that there is for each of several subjects.
package struct RecordKeys<Subject: RecordSubject, Value: Sendable>: Sendable {
    /// Their line of the vocabulary.
    package let entry: RecordEntry

    /// The key of a subject.
    package subscript(subject: Subject) -> RecordKey<Value> {
        RecordKey(entry: entry, name: subject.text + entry.suffix)
    }

    /// The subject of the entry `name`; nil where it is another entry's name.
    package func subject(of name: String) -> Subject? {
        name.hasSuffix(entry.suffix) ? Subject(text: String(name.dropLast(entry.suffix.count))) : nil
    }
}

extension RecordKey where Value: RecordValue {
    init(
        _ phase: Phase, _ name: String, _ shape: RecordEntry.Shape, _ meaning: String,
        when condition: RecordEntry.Condition = .always, bounded quantity: BandQuantity? = nil
    ) {
        self.init(
            entry: RecordEntry(
                phase: phase, suffix: name, subject: nil, type: Value.form, shape: shape, meaning: meaning,
                condition: condition, quantity: quantity),
            name: name)
    }

    /// The entry with a value.
    package func callAsFunction(_ value: Value) -> TraceEntry { TraceEntry(name, value.traceValue) }
}

extension RecordKeys where Value: RecordValue {
    init(
        _ phase: Phase, _ suffix: String, _ shape: RecordEntry.Shape, _ meaning: String,
        when condition: RecordEntry.Condition = .always, bounded quantity: BandQuantity? = nil
    ) {
        self.init(
            entry: RecordEntry(
                phase: phase, suffix: suffix, subject: Subject.self, type: Value.form, shape: shape, meaning: meaning,
                condition: condition, quantity: quantity))
    }
}

extension RecordKeys where Value == RecordedTensor {
    init(
        _ phase: Phase, suffix: String = "", _ dimensions: String, _ meaning: String,
        when condition: RecordEntry.Condition = .always, bounded quantity: BandQuantity? = nil
    ) {
        self.init(
            entry: RecordEntry(
                phase: phase, suffix: suffix, subject: Subject.self, type: "tensor", shape: .tensor(dimensions),
                meaning: meaning, condition: condition, quantity: quantity))
    }
}

extension StepRecord {
    /// The value of an entry; nil where the record has none of this name and type.
    package subscript<Value: RecordValue>(key: RecordKey<Value>) -> Value? {
        self[key.phase]?[key.name].flatMap { Value($0.value) }
    }

    /// The values of an entry for all subjects that have one, in byte order of the names.
    package func values<Subject, Value: RecordValue>(_ keys: RecordKeys<Subject, Value>) -> [Value] {
        (self[keys.entry.phase]?.entries ?? []).filter { keys.subject(of: $0.name) != nil }
            .compactMap { Value($0.value) }
    }
}

extension StepTrace {
    /// The digest of a tensor, where it is known.
    package subscript(key: RecordKey<RecordedTensor>) -> Digest? { tensors[key.phase]?[key.name] }
}
