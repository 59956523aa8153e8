import Core

/// What an entry of a record holds, as a program has it: the record has the bits.
package protocol RecordValue: Sendable {
    /// The member of the entry's JSON form, as the format page names it.
    static var form: String { get }
    /// The value of an entry; nil for one of another form.
    init?(_ value: TraceValue)
    /// As the record has it.
    var traceValue: TraceValue { get }
}

/// What lists in a record are made of.
package protocol RecordElement: Sendable {
    /// The member of the entry's JSON form.
    static var form: String { get }
    /// The elements of a value; nil for one of another form.
    static func elements(_ value: TraceValue) -> [Self]?
    /// The value of a list.
    static func value(_ elements: [Self]) -> TraceValue
}

extension Float: RecordElement {
    package static var form: String { "f32" }

    package static func elements(_ value: TraceValue) -> [Float]? {
        if case .float32(let bits) = value { bits.map(Float.init(bitPattern:)) } else { nil }
    }

    package static func value(_ elements: [Float]) -> TraceValue { .float32(elements.map(\.bitPattern)) }
}

extension Double: RecordElement {
    package static var form: String { "f64" }

    package static func elements(_ value: TraceValue) -> [Double]? {
        if case .float64(let bits) = value { bits.map(Double.init(bitPattern:)) } else { nil }
    }

    package static func value(_ elements: [Double]) -> TraceValue { .float64(elements.map(\.bitPattern)) }
}

extension Int: RecordElement {
    package static var form: String { "i64" }

    package static func elements(_ value: TraceValue) -> [Int]? {
        if case .integers(let integers) = value { integers.map { Int($0) } } else { nil }
    }

    package static func value(_ elements: [Int]) -> TraceValue { .integers(elements.map(Int64.init)) }
}

extension String: RecordElement {
    package static var form: String { "text" }

    package static func elements(_ value: TraceValue) -> [String]? {
        if case .text(let texts) = value { texts } else { nil }
    }

    package static func value(_ elements: [String]) -> TraceValue { .text(elements) }
}

extension Array: RecordValue where Element: RecordElement {
    package static var form: String { Element.form }

    package init?(_ value: TraceValue) {
        guard let elements = Element.elements(value) else { return nil }
        self = elements
    }

    package var traceValue: TraceValue { Element.value(self) }
}

extension RecordValue where Self: RecordElement {
    /// The only element of a list; nil for a longer one.
    package init?(_ value: TraceValue) {
        guard let elements = Self.elements(value), elements.count == 1 else { return nil }
        self = elements[0]
    }

    /// A list of one.
    package var traceValue: TraceValue { Self.value([self]) }
}

extension Float: RecordValue {}
extension Double: RecordValue {}

extension Digest: RecordValue {
    package static var form: String { "digest" }

    package init?(_ value: TraceValue) {
        guard case .digest(let digest) = value else { return nil }
        self = digest
    }

    package var traceValue: TraceValue { .digest(self) }
}

/// A tensor: its digest is one of those that the phase's entry `tensors` stands for.
package enum RecordedTensor: Sendable {}
