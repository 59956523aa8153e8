import Pages

/// A run that does not fit into the machine's memory, and what would.
package struct MemoryShortage: Error, Sendable, CustomStringConvertible {
    /// A change of the recipe under which the run fits.
    package struct Alternative: Sendable, Equatable {
        /// As options of `smpo train`.
        package let change: String
        /// Whether the run's bits stay the same.
        package let keepsBits: Bool
        /// Bytes that the changed run takes.
        package let total: Int
    }

    /// What the run takes.
    package let plan: MemoryPlan
    /// What there is.
    package let machine: MachineMemory
    /// Changes that help, the least first; empty when none does.
    package let alternatives: [Alternative]

    /// One line: what is needed, what is missing, what would fit.
    package var description: String {
        let (needed, missing) = (MemorySize(plan.total), MemorySize(plan.total - machine.available))
        var text =
            "not enough memory: the run takes \(needed), \(missing) more than the \(MemorySize(machine.available)) that "
            + "\(machine.limit) leaves; "
        if plan.totals.scores > machine.available {
            return text
                + "it is the reward model that takes most: score the pictures where there is more memory (smpo label), and "
                + "train without the section reward"
        }
        if plan.totals.latents > machine.available {
            return text
                + "it is the making of the latents that takes most: make them where there is more memory (smpo data encode) "
                + "and name their folder (data.latent_set)"
        }
        guard !alternatives.isEmpty else {
            let least = plan.rows.filter { !$0.name.hasPrefix("activations") }
            let fixed = max(
                least.reduce(0) { $0 + $1.first }, least.reduce(0) { $0 + $1.update },
                plan.hasLaterSteps ? least.reduce(0) { $0 + $1.later } : 0)
            return text + "no setting helps: without any activations it would still take \(MemorySize(fixed))"
        }
        text += "it would fit with "
        text += alternatives.map { alternative in
            "\(alternative.change) (\(MemorySize(alternative.total))\(alternative.keepsBits ? "" : "; another run"))"
        }.joined(separator: ", or with ")
        return text
    }
}

extension MemoryPlan {
    /// Throws `MemoryShortage` when the run of `recipe` takes more than `machine` has. Where the system does not say
    /// what it has, nothing is refused.
    package func requireFits(_ machine: MachineMemory?, _ recipe: Recipe, workers: Int) throws {
        guard let machine, total > machine.available else { return }
        throw MemoryShortage(
            plan: self, machine: machine,
            alternatives: try alternatives(recipe, workers: workers, within: machine.available))
    }

    /// Fewer pairs at once; running blocks again, with fewer pairs at once where that alone is not enough; and where
    /// neither helps, doing without averaged weights.
    private func alternatives(
        _ recipe: Recipe, workers: Int, within limit: Int
    ) throws -> [MemoryShortage.Alternative] {
        /// The largest micro-batch that fits, from halving.
        func smaller(
            _ recipe: Recipe, _ step: StepFootprint, _ change: String, keepsBits: Bool
        ) -> MemoryShortage.Alternative? {
            var recipe = recipe
            var micro = min(recipe.training.pairsPerStep, recipe.training.microPairs ?? Int.max)
            while micro > 1 {
                micro /= 2
                recipe.training.microPairs = micro
                let total = MemoryPlan(
                    step, recipe, workers: workers, gradientCopies: gradientCopies, makesLatents: makesLatents,
                    keepsLanesInFile: keepsLanesInFile, ranks: ranks
                ).total
                if total <= limit {
                    return .init(
                        change: "\(change)--set training.micro_pairs=\(micro)", keepsBits: keepsBits, total: total)
                }
            }
            return nil
        }
        func with(
            _ change: String, keepsBits: Bool = true, _ edit: (inout Recipe) -> Void
        ) throws -> [MemoryShortage.Alternative] {
            var changed = recipe
            edit(&changed)
            let plan = try MemoryPlan(
                changed, workers: workers, gradientCopies: gradientCopies, makesLatents: makesLatents,
                keepsLanesInFile: keepsLanesInFile, ranks: ranks, on: step.planned)
            if plan.total <= limit { return [.init(change: change, keepsBits: keepsBits, total: plan.total)] }
            return smaller(changed, plan.step, change + " ", keepsBits: keepsBits).map { [$0] } ?? []
        }
        var found = smaller(recipe, step, "", keepsBits: true).map { [$0] } ?? []
        if !recipe.training.recompute {
            found += try with("--set training.recompute=true") { $0.training.recompute = true }
        }
        guard found.isEmpty, recipe.training.ema != nil else { return found }
        return try with(
            "--set training.recompute=true --set training.ema=null", keepsBits: false
        ) {
            $0.training.recompute = true
            $0.training.ema = nil
        }
    }
}
