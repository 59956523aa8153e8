import Core
import Ledger
import Testing

@Suite struct StepFiguresTests {
    /// Numbers are those of the record's bits; logits count by their sign, −0 as none.
    @Test func readsARecord() throws {
        let record = try StepRecord(
            step: 3,
            phases: [
                try PhaseRecord(
                    .loss,
                    [
                        TraceEntry("loss", Float(0.25)), TraceEntry("0000", Float(0.125)),
                        TraceEntry("0000.inside", Float(1.5)), TraceEntry("0001.inside", -Float.zero),
                        TraceEntry("0002.inside", Float(-0.5)), TraceEntry("0003.inside", Float(3)),
                    ]),
                try PhaseRecord(.gradient, [TraceEntry("norm", Float(2))]),
                try PhaseRecord(
                    .update, [TraceEntry("learning rate", 1e-5), TraceEntry("clip factor", Float(0.5))]),
            ])
        let figures = StepFigures(record)
        #expect(figures.step == 3 && figures.loss == 0.25 && figures.gradientNorm == 2 && figures.clipFactor == 0.5)
        #expect(figures.learningRate == 1e-5 && figures.logits.margin == 1 && figures.logits.accuracy == 0.5)
        #expect(
            figures.named.map(\.name)
                == ["loss", "gradient_norm", "clip_factor", "learning_rate", "margin", "implicit_accuracy"])
    }

    /// A record without preference has no margin, and one without a phase not its numbers.
    @Test func leavesOutWhatThereIsNot() throws {
        let figures = StepFigures(
            try StepRecord(step: 1, phases: [try PhaseRecord(.loss, [TraceEntry("loss", Float.nan)])]))
        #expect(figures.loss?.isNaN == true && figures.logits.margin == nil && figures.learningRate == nil)
        #expect(figures.named.map(\.name) == ["loss"])
    }
}
