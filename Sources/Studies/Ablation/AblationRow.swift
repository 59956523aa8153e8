import Training

/// One row of a table: some runs that differ in their seed alone.
package struct AblationRow: Sendable {
    /// The row's title.
    package var title: String
    /// The drawings, a seed at a time.
    package var drawings: [Drawings]
    /// The runs; none for a base.
    package var outcomes: [AblationOutcome]
    /// The base's drawings, seed by seed; none where they are missing, and of a base.
    package var bases: [Drawings]

    /// All seeds' captions against those of the base; nil of a base.
    /// - Parameter judge: which of several reward models judges.
    package func againstBase(_ judge: Int = 0) -> PairedComparison? {
        guard !bases.isEmpty else { return nil }
        return PairedComparison(
            drawings.flatMap { $0.judgements[judge].values }, against: bases.flatMap { $0.judgements[judge].values })
    }

    /// The mean over seeds of a figure, with its standard deviation over them; that is 0 for one seed.
    package func spread(_ figure: (Drawings) -> Double) -> (mean: Double, deviation: Double) {
        guard !drawings.isEmpty else { return (.nan, .nan) }
        let values = drawings.map(figure)
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0)
    }

    /// The mean over the runs of what they cost.
    package func mean(_ figure: (AblationOutcome) -> Double) -> Double {
        outcomes.reduce(0) { $0 + figure($1) } / Double(outcomes.count)
    }
}
