import Core

/// The vocabulary of records: every entry that a step's record can have.
package enum Entries {
    package enum Batch {
        package static let ids = RecordKey<[String]>(
            .batch, "ids", .items,
            "names of the items: `pair-NNNNNN`, its line from 1 (of the built-in pairs its number from 0), `row-NNNNNNN`, its "
                + "row of a table from 0; of the built-in single pictures `picture-N`, from 0")
        package static let items = RecordKey<[String]>(
            .batch, "items", .items,
            "digests of the items in hexadecimal (`smpo/data-item/1`; of the built-in single pictures that of the "
                + "picture, `smpo/file/1`)")
        package static let weights = RecordKey<[Float]>(
            .batch, "weights", .items,
            "coefficient W of each pair's logit (1 with plain labels); `kto`: 1 for a good picture, −1 for a bad one")
        package static let labels = RecordKey<[Float]>(
            .batch, "labels", .items, "share of people who preferred the first picture: 1, or 0.5 for a tie",
            when: .scorer)
        package static let crops = RecordKey<[Int]>(
            .batch, "crops", .twoAPicture,
            "rows above and columns left of each picture's crop, in the resized picture, the winner's first",
            when: .randomCrops)
        package static let timeIDs = RecordKeys<SampleName, [Int]>(
            .batch, ".time ids", .six,
            "what the network is told of the picture's size, in pixels: height and width before it was cut, top and left "
                + "of the cut, height and width after it", when: .sizes)
        package static let pictures = RecordKeys<SampleName, RecordedTensor>(
            .batch, "[c, h, w]", "the picture from −1 to 1, or its latent, mirrored where `flip` says so")
    }

    package enum Timestep {
        package static let t = RecordKey<[Int]>(
            .timestep, "t", .items, "timestep of each item, from 0", when: .denoising)
    }

    package enum Inversion {
        package static let latents = RecordKeys<SampleName, RecordedTensor>(
            .inversion, "[c, h, w]", "what the networks see at t: the picture inverted, or noised", when: .denoising,
            bounded: .latents)
        package static let paths = RecordKeys<SampleName, RecordedTensor>(
            .inversion, suffix: ".path", "",
            "no tensor, but its place in the list has the digest in `smpo/document/1` of "
                + "those of the latents on the way, each as a tensor [1, c, h, w] with an empty name: after each move, "
                + "after its ReNoise if any, with its fresh noise if any", when: .moves)
    }

    package enum Target {
        package static let targets = RecordKeys<SampleName, RecordedTensor>(
            .target, "[c, h, w]",
            "what is to be predicted: τ of an inverted picture, else the noise, or v of a "
                + "model that predicts velocities", when: .denoising)
    }

    package enum Reference {
        package static let predictions = RecordKeys<SampleName, RecordedTensor>(
            .reference, "[c, h, w]", "what the reference predicts, in the target's form", when: .reference)
    }

    package enum Policy {
        package static let predictions = RecordKeys<SampleName, RecordedTensor>(
            .policy, "[c, h, w]",
            "what the policy predicts, in the target's form (of an inverted picture ε, also where "
                + "the network gives v)", when: .denoising)
        package static let imageVectors = RecordKeys<SampleName, RecordedTensor>(
            .policy, "[projection]", "the picture's vector, projected, not normalised", when: .scorer)
        package static let captionVectors = RecordKeys<ItemName, RecordedTensor>(
            .policy, suffix: ".caption", "[projection]", "the caption's vector, projected, not normalised",
            when: .scorer)
    }

    package enum Loss {
        package static let items = RecordKeys<ItemName, Float>(
            .loss, "", .one, "the item's loss, before the mean over the batch", bounded: .loss)
        package static let errors = RecordKeys<ItemName, [Float]>(
            .loss, ".errors", .samples, "mean of (target − prediction)² over c, h, w, of the policy", when: .denoising,
            bounded: .errors)
        package static let referenceErrors = RecordKeys<ItemName, [Float]>(
            .loss, ".reference errors", .samples, "the same of the reference", when: .reference, bounded: .errors)
        package static let logits = RecordKeys<ItemName, Float>(
            .loss, ".inside", .one,
            "the logit: what stands inside the sigmoid; above 0 the winner is preferred (`kto`: "
                + "the picture is rated as people did)", when: .comparison)
        package static let differences = RecordKeys<ItemName, Float>(
            .loss, ".difference", .one,
            "what the logit is made of: (m_w − m_l) − (r_w − r_l); `kto`: m − r; `mapo`: "
                + "φ(m_w) − φ(m_l)", when: .differences)
        package static let cosines = RecordKeys<ItemName, [Float]>(
            .loss, ".cosines", .two, "cosine of each picture with the caption", when: .scorer, bounded: .loss)
        package static let anchor = RecordKey<Float>(
            .loss, "kl", .one, "K, what all items of the batch are held against", when: .anchor)
        package static let anchorErrors = RecordKey<[Float]>(
            .loss, "kl.errors", .allSamples, "the policy's errors with the caption of the item before",
            when: .mismatchedAnchor, bounded: .errors)
        package static let anchorReferenceErrors = RecordKey<[Float]>(
            .loss, "kl.reference errors", .allSamples, "the same of the reference", when: .mismatchedAnchor,
            bounded: .errors)
        package static let scale = RecordKey<Float>(
            .loss, "scale", .one, "exp of `logit_scale`, before the update", when: .scorer, bounded: .loss)
        package static let contrastive = RecordKey<Float>(
            .loss, "contrastive", .one, "CLIP's own loss over the preferred pictures, times its factor",
            when: .contrastive, bounded: .loss)
        package static let loss = RecordKey<Float>(
            .loss, "loss", .one,
            "the step's loss: the mean of the items', of a scorer the mean by their weights and "
                + "`contrastive`", bounded: .loss)
    }

    package enum Gradient {
        package static let gradients = RecordKeys<ParameterName, RecordedTensor>(
            .gradient, "[parameter]", "∂loss/∂parameter, before clipping; a parameter that took no part has none",
            bounded: .gradients)
        package static let lanes = RecordKeys<LaneName, Digest>(
            .gradient, "", .digest,
            "root over the sums of the lane's gradients, named as the parameters; without what is made of numbers of the "
                + "whole batch (`clip/logit_scale`)", when: .lanes)
        package static let norm = RecordKey<Float>(.gradient, "norm", .one, "√Σ‖g‖² of all gradients, before clipping")
    }

    package enum Update {
        package static let clipFactor = RecordKey<Float>(
            .update, "clip factor", .one, "what every gradient was multiplied by; 1 without `optimizer.clip`")
        package static let learningRate = RecordKey<Double>(
            .update, "learning rate", .one, "the step's learning rate")
        package static let betaPowers = RecordKey<[Double]>(
            .update, "beta powers", .two, "β₁ᵏ and β₂ᵏ after update k", when: .adamW)
        package static let momentDecay = RecordKey<Double>(
            .update, "moment decay", .one, "1 − kᶜ: what the means of squares kept in update k", when: .adafactor)
        package static let optimizer = RecordKey<Digest>(
            .update, "optimizer", .digest, "root over the optimiser's state, named as in checkpoints",
            when: .optimizerState)
        package static let reference = RecordKey<Digest>(
            .update, "reference", .digest,
            "root over the reference's weights, under the policy's names, after its move "
                + "if there was one", when: .movingReference)
    }

    package enum Weights {
        package static let weights = RecordKeys<ParameterName, RecordedTensor>(
            .weights, "[parameter]", "the trained parameters after the update")
        package static let average = RecordKey<Digest>(
            .weights, "average", .digest, "root over the moving averages, under the parameters' names", when: .average)
    }

    /// All of them, in the order of the phases.
    package static let all: [RecordEntry] = [
        Batch.ids.entry, Batch.items.entry, Batch.weights.entry, Batch.labels.entry, Batch.crops.entry,
        Batch.timeIDs.entry,
        Batch.pictures.entry,
        Timestep.t.entry, Inversion.latents.entry, Inversion.paths.entry, Target.targets.entry,
        Reference.predictions.entry, Policy.predictions.entry, Policy.imageVectors.entry, Policy.captionVectors.entry,
        Loss.items.entry, Loss.errors.entry, Loss.referenceErrors.entry, Loss.logits.entry, Loss.differences.entry,
        Loss.cosines.entry, Loss.anchor.entry, Loss.anchorErrors.entry, Loss.anchorReferenceErrors.entry,
        Loss.scale.entry, Loss.contrastive.entry, Loss.loss.entry, Gradient.gradients.entry, Gradient.lanes.entry,
        Gradient.norm.entry,
        Update.clipFactor.entry, Update.learningRate.entry, Update.betaPowers.entry, Update.momentDecay.entry,
        Update.optimizer.entry, Update.reference.entry, Weights.weights.entry, Weights.average.entry,
    ]

    /// The line of an entry; nil for a name that is none's.
    package static func entry(_ phase: Phase, _ name: String) -> RecordEntry? {
        all.first { $0.phase == phase && $0.type != "tensor" && $0.matches(name) }
    }
}
