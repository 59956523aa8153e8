/// Which weights of a file that has two sets of them: those that were trained, or their average over the steps (EMA).
package enum WeightsChoice: String, Sendable, CaseIterable {
    /// Those that were trained.
    case plain
    /// Their average (`model_ema.…`).
    case ema
}
