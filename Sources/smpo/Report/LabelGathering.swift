import Audit
import Core
import Datasets
import Ledger
import Pages
import Training

extension Run {
    /// The labels of the run's pairs: the ledger's list, else those of the data.
    func labels() throws -> Result<LabelFigures, Missing> {
        var (items, source) = (
            try dataItems(),
            "From the ledger's list of the run's labels"
                + (seal == nil ? ", which stands in no digest of its own." : ".")
        )
        if items.isEmpty {
            switch data {
            case .failure(let missing): return .failure(missing)
            case .success(let data):
                items = data.ledgerItems
                source = "From the data, whose labels have the digest in the manifest."
            }
        }
        guard !items.isEmpty else { return .failure(Missing(why: "the run trains on single pictures, without labels")) }
        func values(_ label: DataItem.Label) -> [Double] { items.compactMap { $0[label].map(Double.init) } }
        let (winners, losers, weights) = (values(.winnerScore), values(.loserScore), values(.weight))
        let gaps = zip(winners, losers).map { $0 - $1 }
        var notes = [source]
        var histograms = [
            Histogram(
                "Reward gap", key: "gap", meaning: "Score of the winner less that of the loser.", gaps)
        ]
        let recipe = try recipe
        if recipe.objective.isWeighted {
            let gamma = Double(recipe.objective.gamma)
            histograms += [
                Histogram(
                    "Smoothed label α/γ", key: "alpha",
                    meaning: "The probability that the winner is better, by the scaled scores; γ is \(gamma).",
                    weights.map { (gamma == 0 ? 0 : $0 / gamma + 1) / 2 }),
                Histogram(
                    "Weight W", key: "weight", meaning: "W = 2α − γ, what the loss is weighted with.", weights),
            ]
            let negative = weights.count { $0 < 0 }
            if negative > 0 {
                notes.append("\(negative) weights are below 0: the scores contradict the winner that people chose.")
            }
        } else {
            notes.append(
                "The objective \(recipe.objective.name) takes plain labels, without weights of their own.")
        }
        notes += try scorers()
        if case .success(let data) = data { notes += data.notes.map { "Of the data: \($0)." } }
        return .success(LabelFigures(histograms.compactMap(\.self), notes: notes))
    }

    /// The scorers of the scores, where the ledger knows them.
    private func scorers() throws -> [String] {
        guard let digest = manifest.inputs.digests["data"] else { return [] }
        let labellings = try workspace.existingLedger()?.labellings() ?? []
        return labellings.filter { $0.data == digest }.map {
            "The scores were given by the scorer \($0.scorer), to \($0.items.count) pairs; that stands in the ledger, in no "
                + "digest."
        }
    }
}
