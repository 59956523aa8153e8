import Core

/// What an ablation's folder holds of all that its runs begin from, and what stands for the contents.
package struct AblationInputs: Sendable {
    /// A file or folder below the ablation's.
    package struct Place: Sendable {
        /// Its path there.
        package var path: String
        /// Stands for what it holds.
        package var digest: Digest
    }

    /// The digests of bases by name; of a base that is trained, its recipe's.
    package var bases: [String: Digest]
    /// Stands for the reward model that labels pairs or, where reward models judge, for all of them.
    package var scorer: Digest
    /// Stands for the one of several reward models that labels pairs; nil where `scorer` is it.
    package var labeller: Digest?
    /// Bases over an autoencoder's latents.
    package var latent: Set<String> = []
    /// The plan's reward models, with their places in the folder; empty where the rules of the shapes world judge.
    package var rewards: [EvaluationReward] = []
    /// Files of prompts by what they are for.
    package var prompts: [String: Place] = [:]
    /// Pairs that are given, by name.
    package var data: [String: Place] = [:]

    /// What `prompts` calls the reported prompts, those of tuning, and the captions of a set of pairs.
    package static let test = "test", validation = "validation"
    package static func captions(_ pairs: String) -> String { "captions-\(pairs)" }

    /// Takes the fields that every ablation has.
    package init(bases: [String: Digest], scorer: Digest) { (self.bases, self.scorer) = (bases, scorer) }
}
