import Core
import Datasets
import Preferences

/// What came of an evaluation: the scores of every model's pictures by every reward model, and how they came about.
package struct PromptEvaluationReport: Sendable {
    /// A model with its pictures and their scores.
    package struct Model: Sendable {
        /// What the pictures follow from.
        package let source: PictureSource
        /// The pictures.
        package let drawn: PromptEvaluation.Drawn
        /// Scores by each reward model, in the order of `rewards`.
        package let scores: [PromptEvaluation.Scores]

        /// Takes all fields as they are.
        package init(source: PictureSource, drawn: PromptEvaluation.Drawn, scores: [PromptEvaluation.Scores]) {
            (self.source, self.drawn, self.scores) = (source, drawn, scores)
        }
    }

    /// Prompts that are looked at together.
    package struct Group: Sendable {
        /// The style; nil for all prompts.
        package let style: String?
        /// Which scores are its, by their index.
        package let indices: [Int]
        /// Its place among the summaries: 0 for all prompts.
        fileprivate let place: Int
    }

    /// The prompts, and which of them were drawn.
    package let prompts: PromptSet, places: [Int]
    /// The models: the one that is compared with first, where there are two.
    package let models: [Model]
    /// The reward models.
    package let rewards: [EvaluationReward.Statement]
    /// What the evaluation was asked for, paths among it, so that it can be made again; empty where nobody said.
    package let asked: JSONObject
    /// The styles in the order in which they first come; empty where the file sorts nothing.
    package let styles: [Group]
    /// By model, reward model and place of a group. They are made once: an interval takes thousands of resamples.
    private let summaries: [[[ScoreSummary]]]

    /// Takes what came of an evaluation.
    package init(
        prompts: PromptSet, places: [Int], models: [Model], rewards: [EvaluationReward.Statement],
        asked: JSONObject = [:]
    ) {
        precondition(!places.isEmpty && models.allSatisfy { $0.scores.count == rewards.count })
        (self.prompts, self.places, self.models, self.rewards) = (prompts, places, models, rewards)
        self.asked = asked
        var styles: [Group] = []
        for style in prompts.styles {
            let indices = places.indices.filter { index in
                prompts.prompts[places[index]].style.map { utf8Equal($0, style) } ?? false
            }
            if !indices.isEmpty { styles.append(Group(style: style, indices: indices, place: styles.count + 1)) }
        }
        let groups = [Group(style: nil, indices: Array(places.indices), place: 0)] + styles
        summaries = models.map { model in
            model.scores.map { scores in
                groups.map { group in ScoreSummary(group.indices.map { Double(scores.values[$0]) }) }
            }
        }
        self.styles = styles
    }

    /// All prompts.
    package var all: Group { Group(style: nil, indices: Array(places.indices), place: 0) }

    /// A model's scores by a reward model, in its own unit.
    package func scores(_ model: Int, _ reward: Int, in group: Group) -> [Double] {
        let values = models[model].scores[reward].values
        return group.indices.map { Double(values[$0]) }
    }

    /// What is said of them together.
    package func summary(_ model: Int, _ reward: Int, in group: Group) -> ScoreSummary {
        summaries[model][reward][group.place]
    }

    /// The last model against the first, prompt by prompt, in the reward model's own unit; nil where there is one alone.
    package func comparison(_ reward: Int, in group: Group) -> PairedComparison? {
        guard models.count > 1 else { return nil }
        return PairedComparison(
            scores(models.count - 1, reward, in: group), against: scores(0, reward, in: group))
    }
}
