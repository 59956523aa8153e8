import Compute

/// KTO's utility U of a judged picture, a function of z = β(g − K) and of y, 1 for a good picture and −1 for a bad one
/// (public code train_kto_sd_v1.5.py, `halo`).
package enum KTOUtility: String, Sendable, CaseIterable {
    /// σ(y·z): the Kahneman-Tversky model's, averse to risk among gains and fond of it among losses.
    case sigmoid
    /// log σ(y·z).
    case lossAverse = "loss_averse"
    /// −y·log σ(−z).
    case riskSeeking1 = "risk_seeking_1"
    /// y·e^(z/100) − 1.
    case riskSeeking2 = "risk_seeking_2"
    /// −log σ(−y·z).
    case riskSeeking3 = "risk_seeking_3"

    /// U and ∂U/∂z.
    func value(_ z: Double, y: Double) -> (value: Double, slope: Double) {
        switch self {
        case .sigmoid: (sigmoid(y * z), y * sigmoid(z) * sigmoid(-z))
        case .lossAverse: (-LogSigmoid.negative(y * z), y * sigmoid(-y * z))
        case .riskSeeking1: (y * LogSigmoid.negative(-z), y * sigmoid(z))
        case .riskSeeking2: (y * Elementary.exp(z / 100) - 1, y * Elementary.exp(z / 100) / 100)
        case .riskSeeking3: (LogSigmoid.negative(-y * z), y * sigmoid(y * z))
        }
    }

    private func sigmoid(_ x: Double) -> Double { 1 / (1 + Elementary.exp(-x)) }
}
