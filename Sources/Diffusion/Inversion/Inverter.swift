import Compute

/// One move of an inversion as it happened.
package struct InversionStep: Sendable {
    /// Which samples moved.
    package let rows: [Int]
    /// Where they stood.
    package let start: Tensor
    /// The first prediction.
    package let noise: Tensor
    /// Where the first prediction led.
    package let reached: Tensor
    /// The samples that were corrected, the correcting prediction, and where it led.
    package let correction: (rows: [Int], noise: Tensor, reached: Tensor)?
    /// Where all of `rows` stood once fresh noise was added, or nil without.
    package let perturbed: Tensor?
}

/// DDIM inversion with ReNoise (Garibi et al. 2024), by the current policy and without gradients.
package struct Inverter: Sendable {
    /// The switches.
    package let settings: InversionSettings
    /// The policy.
    package let denoiser: Denoiser

    /// An inverter that follows `settings` with `denoiser`'s predictions.
    package init(settings: InversionSettings, denoiser: Denoiser) {
        self.settings = settings
        self.denoiser = denoiser
    }

    /// Carries each sample of `x0` [n, c, h, w] to its own timestep. `freshNoise` gives the noise [rows, c, h, w] that is
    /// added after a move of these rows, scaled by their η; without it none is. `observe` sees every move as it is
    /// made.
    package func invert(
        _ x0: Tensor, to timesteps: [Int], _ condition: TextCondition, unconditional: TextCondition? = nil,
        freshNoise: ((_ move: Int, _ rows: [Int]) -> Tensor)? = nil,
        observe: ((Int, InversionStep) throws -> Void)? = nil
    ) rethrows -> Tensor {
        let (engine, schedule) = (denoiser.engine, denoiser.schedule)
        let plans = timesteps.map { settings.moves(to: $0, of: schedule.count) }
        let levels = settings.usesFloat16Levels && settings.noiseScale != 0 ? schedule.throughFloat16 : schedule
        let result = x0.copy()
        for step in 0..<(plans.map(\.count).max() ?? 0) {
            let rows = plans.indices.filter { step < plans[$0].count }
            let moves = rows.map { plans[$0][step] }
            let start = gather(result, rows)
            let (sources, destinations) = (moves.map(\.source), moves.map(\.destination))
            engine.section = "inversion \(step)"
            let first = predict(start, moves.map(\.firstLabel), rows, condition, unconditional)
            let reached = engine.operation("ddim move", [start, first]) {
                schedule.moved(start, noise: first, from: sources, to: destinations, on: engine)
            }
            engine.scatter(reached, to: rows, of: result)
            var correction: (rows: [Int], noise: Tensor, reached: Tensor)?
            let corrected = moves.indices.filter { moves[$0].secondLabel != nil }
            if !corrected.isEmpty {
                let names = corrected.map { rows[$0] }
                engine.section = "inversion \(step), renoise"
                let second = predict(
                    gather(reached, corrected), corrected.map { moves[$0].secondLabel! }, names, condition,
                    unconditional)
                let noise =
                    settings.averages
                    ? engine.scale(engine.add(gather(first, corrected), second), by: 0.5) : second
                let begun = gather(start, corrected)
                let again = engine.operation("ddim move", [begun, noise]) {
                    schedule.moved(
                        begun, noise: noise, from: corrected.map { sources[$0] },
                        to: corrected.map { destinations[$0] }, on: engine)
                }
                engine.scatter(again, to: names, of: result)
                correction = (names, second, again)
            }
            var perturbed: Tensor?
            if settings.noiseScale != 0, let freshNoise {
                let (moved, noise) = (gather(result, rows), freshNoise(step, rows))
                let noisy = engine.operation("inversion noise", [moved, noise]) {
                    levels.perturbed(
                        moved, by: noise, scale: settings.noiseScale, from: sources, to: destinations, on: engine)
                }
                engine.scatter(noisy, to: rows, of: result)
                perturbed = noisy
            }
            try observe?(
                step,
                InversionStep(
                    rows: rows, start: start, noise: first, reached: reached, correction: correction,
                    perturbed: perturbed))
        }
        return result
    }

    private func predict(
        _ x: Tensor, _ labels: [Int], _ rows: [Int], _ condition: TextCondition, _ unconditional: TextCondition?
    ) -> Tensor {
        denoiser.noise(
            x, labels: labels, condition.picked(rows, engine: denoiser.engine),
            unconditional: unconditional?.picked(rows, engine: denoiser.engine), guidance: Float(settings.guidance))
    }

    private func gather(_ x: Tensor, _ rows: [Int]) -> Tensor {
        rows.count == x.shape[0] ? x.copy() : denoiser.engine.stacked(rows.map { x.slice($0..<$0 + 1) })
    }
}
