/// A change of an optimiser's settings that an audit within a band measures itself by.
package enum OptimizerChange: Sendable {
    /// The exponent or factor by which moments fade is 0.01 % more: AdamW's β₂, Adafactor's decay rate, SGD's momentum.
    case momentDecay
    /// The weight decay is twice as large.
    case weightDecay
}
