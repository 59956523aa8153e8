import Core
import Ledger

/// Compares traces of operators in the order in which they ran.
package enum OperatorComparison {
    /// The first operator that differs; nil if all are equal.
    package static func firstDifference(
        step: Int, expected: OperatorTrace, found: OperatorTrace, reference: String
    ) -> OperatorDivergence? {
        for number in 0..<max(expected.sections.count, found.sections.count) {
            let old = expected.sections.indices.contains(number) ? expected.sections[number] : nil
            let new = found.sections.indices.contains(number) ? found.sections[number] : nil
            guard old != new else { continue }
            let name = old?.name ?? new?.name ?? ""
            for index in 0..<max(old?.operators.count ?? 0, new?.operators.count ?? 0) {
                func make(
                    _ kind: OperatorDivergence.Kind, _ operation: String, _ expected: String, _ found: String
                ) -> OperatorDivergence {
                    OperatorDivergence(
                        step: step, kind: kind, section: name, sectionIndex: number, index: index,
                        operation: operation, expected: expected, found: found, reference: reference)
                }
                let (left, right) = (label(old, index), label(new, index))
                guard let old, let new, let left, left == right else {
                    return make(.order, right ?? left ?? "", left ?? "nothing", right ?? "nothing")
                }
                if old.inputs(index) != new.inputs(index) {
                    return make(.inputs, old.operators[index], old.inputs(index).hex, new.inputs(index).hex)
                }
                if old.outputs(index) != new.outputs(index) {
                    return make(.outputs, old.operators[index], old.outputs(index).hex, new.outputs(index).hex)
                }
            }
        }
        return nil
    }

    /// Section and operation, so that equal operations of other sections differ.
    private static func label(_ section: OperatorTrace.Section?, _ index: Int) -> String? {
        guard let section, section.operators.indices.contains(index) else { return nil }
        return "\(section.operators[index]) of \(section.name)"
    }
}
