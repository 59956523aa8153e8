import Core
import Preferences

extension Recipe {
    /// KTO's own keys; only for `objective.name: kto`. The defaults are those of the public code's launcher.
    package struct JudgedPictures: Sendable, Equatable {
        /// `objective.utility`.
        package var utility = KTOUtility.sigmoid
        /// `objective.kl`: how the reference point comes about.
        package var kl = KTO.KL.batch
        /// `objective.lambda_good`: what the loss of a good picture is multiplied by; at least 0.
        package var lambdaGood = 1.0
        /// `objective.lambda_bad`: what the loss of a bad picture is multiplied by; at least 0.
        package var lambdaBad = 1.0
        /// `objective.positive_ratio`: the probability that a pair shows its good picture, 0 to 1.
        package var positiveRatio = 0.8
    }
}

extension Recipe.JudgedPictures {
    static let keys = ["utility", "kl", "lambda_good", "lambda_bad", "positive_ratio"]

    init(_ section: SettingsSection) throws {
        utility = try section["utility"].choice(default: utility)
        kl = try section["kl"].choice(default: kl)
        lambdaGood = try section["lambda_good"].double("a number of at least 0", default: lambdaGood) { $0 >= 0 }
        lambdaBad = try section["lambda_bad"].double("a number of at least 0", default: lambdaBad) { $0 >= 0 }
        positiveRatio = try section["positive_ratio"].double("a number from 0 to 1", default: positiveRatio) {
            0...1 ~= $0
        }
    }

    var members: [(key: String, value: SettingsValue)] {
        [
            ("utility", .text(utility.rawValue)), ("kl", .text(kl.rawValue)), ("lambda_good", .number(lambdaGood)),
            ("lambda_bad", .number(lambdaBad)), ("positive_ratio", .number(positiveRatio)),
        ]
    }
}
