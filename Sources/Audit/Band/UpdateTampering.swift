import Compute
import Ledger
import Training

/// The update of a step with a changed optimiser, parameter by parameter, so that little is held twice.
struct UpdateTampering {
    let trainer: Trainer
    /// The recorded gradients before clipping, by the parameters' places.
    private let gradients: [Tensor?]
    private let norm: Float

    /// For the trainer's next update; its number of steps already counts it.
    init(trainer: Trainer, gradients: [(name: String, tensor: Tensor)]) {
        self.trainer = trainer
        let named = Dictionary(uniqueKeysWithValues: gradients.map { ($0.name, $0.tensor) })
        self.gradients = trainer.model.parameters.map { named[$0.name] }
        let parameters = zip(trainer.model.parameters, self.gradients).map { entry, gradient in
            let parameter = Parameter(name: entry.name, value: entry.parameter.value)
            if let gradient { parameter.replaceGradient(with: trainer.model.engine.placed(gradient)) }
            return parameter
        }
        norm = GradientClipping.norm(parameters, engine: trainer.model.engine)
    }

    /// The first tensor, weights before moments, that `tampering` gives other bits; nil when it changes none.
    func firstChange(by tampering: Tampering) -> (phase: Phase, name: String)? {
        let rate = trainer.learningRate.rate(trainer.steps - 1)
        var (otherRate, change): (Double, OptimizerChange?) = (rate, nil)
        switch tampering {
        case .learningRate: otherRate *= 1.001
        case .beta2: change = .momentDecay
        case .weightDecay: change = .weightDecay
        case .sample, .timestep, .noise: return nil
        }
        var moment: (phase: Phase, name: String)?
        for (index, gradient) in gradients.enumerated() {
            guard let gradient else { continue }
            let honest = update(index, gradient, nil, rate)
            let other = update(index, gradient, change, otherRate)
            if isOther(honest[0].tensor, other[0].tensor) { return (.weights, honest[0].name) }
            moment =
                moment ?? zip(honest, other).first { isOther($0.tensor, $1.tensor) }.map { (.update, $0.0.name) }
        }
        return moment
    }

    /// One parameter's weights and moments after its update.
    private func update(
        _ index: Int, _ gradient: Tensor, _ change: OptimizerChange?, _ rate: Double
    ) -> [(name: String, tensor: Tensor)] {
        let engine = trainer.model.engine
        let (name, original) = trainer.model.parameters[index]
        let parameter = Parameter(name: name, value: original.value.copy())
        parameter.replaceGradient(with: engine.owned(gradient))
        if let clip = trainer.clip {
            _ = GradientClipping.clip([parameter], norm: norm, limit: clip, engine: engine)
        }
        let single = trainer.optimizer.alone(index, changing: change)
        single.update([parameter], lr: rate, engine: engine)
        return [(name, parameter.value)] + single.stateTensors
    }

    private func isOther(_ a: Tensor, _ b: Tensor) -> Bool {
        !zip(a.floats, b.floats).allSatisfy { $0.bitPattern == $1.bitPattern }
    }
}
