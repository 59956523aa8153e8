import Checkpoints
import Core
import Diffusion

extension Recipe {
    /// The model to start from.
    package enum Model: Sendable, Equatable {
        /// A folder in diffusers' layout: `unet/`, `text_encoder/`, `tokenizer/`, `scheduler/`; or a scorer's (`PickScore`).
        case folder(ModelFolder)
        /// A new model with random weights, made from configurations.
        case fresh(Fresh)
        /// A new scorer with random weights, for `objective.name: pickscore`. (A scorer's folder is a `folder`.)
        case scorer(FreshScorer)

        /// The model in a folder, its weights under the plain names, or those of a variant, with its own autoencoder or
        /// that of the folder `vae`.
        package static func folder(path: String, variant: String? = nil, vae: String? = nil) -> Model {
            .folder(ModelFolder(path: path, variant: variant.map { .named($0) } ?? .plain, autoencoder: vae))
        }

        /// The parts of a new scorer.
        package struct FreshScorer: Sendable, Equatable {
            /// `clip`: the path of the `config.json` of a `CLIPModel`.
            package var clip: String
            /// The tokenizer.
            package var tokenizer: Tokenizer
            /// The seed of the random weights; the run's where the recipe names none.
            package var initSeed: UInt64
        }

        /// The parts of a new model.
        package struct Fresh: Sendable, Equatable {
            /// The path of the UNet's `config.json`.
            package var unet: String
            /// The path of the text encoder's `config.json`.
            package var textEncoder: String
            /// The path of the second text encoder's `config.json`; nil of a model with one.
            package var textEncoder2: String?
            /// The path of the autoencoder's `config.json`; nil of a model over pictures, or over latents made beforehand.
            package var vae: String?
            /// The path of the `scheduler_config.json`.
            package var scheduler: String
            /// The tokenizer.
            package var tokenizer: Tokenizer
            /// The second text encoder's tokenizer.
            package var tokenizer2: Tokenizer?
            /// The seed of the random weights; the run's where the recipe names none.
            package var initSeed: UInt64

            /// All parts.
            package init(
                unet: String, textEncoder: String, textEncoder2: String? = nil, vae: String? = nil,
                scheduler: String, tokenizer: Tokenizer, tokenizer2: Tokenizer? = nil, initSeed: UInt64
            ) {
                self.unet = unet
                self.textEncoder = textEncoder
                self.textEncoder2 = textEncoder2
                self.vae = vae
                self.scheduler = scheduler
                self.tokenizer = tokenizer
                self.tokenizer2 = tokenizer2
                self.initSeed = initSeed
            }

            /// The paths of the configurations, by the names of the components.
            package var configurations: [String: String] {
                var paths = ["unet": unet, "text_encoder": textEncoder, "scheduler": scheduler]
                paths["text_encoder_2"] = textEncoder2
                paths["vae"] = vae
                return paths
            }
        }

        /// The tokenizer of a new model.
        package enum Tokenizer: Sendable, Equatable {
            /// The words of the built-in shapes: `tokenizer: shapes`.
            case shapes
            /// A folder with `tokenizer.json`, or `vocab.json` and `merges.txt`.
            case folder(path: String)
        }
    }
}

extension Recipe.Model {
    /// The keys of `model`, as they are written.
    struct Keys: Sendable {
        fileprivate var path: String?, variant: String?, vae: String?, configuration: String?, clip: String?
        fileprivate var weights = WeightsChoice.plain
        fileprivate var unet: String?, textEncoder: String?, textEncoder2: String?, scheduler: String?
        fileprivate var tokenizer: String?, tokenizer2: String?
        fileprivate var initSeed: UInt64?

        /// Keys of which none is given; the seed is the run's.
        init(runSeed: UInt64) { initSeed = runSeed }
    }

    private static let parts = ["unet", "text_encoder", "scheduler", "tokenizer"]

    /// The model that the keys of `section` say. - Throws: `SettingsError` where some are missing.
    init(_ keys: Keys, _ section: SettingsSection, runSeed: UInt64) throws {
        let seed = keys.initSeed ?? runSeed
        if let path = keys.path {
            self = .folder(
                ModelFolder(
                    path: path, variant: keys.variant.map { .named($0) } ?? .plain, autoencoder: keys.vae,
                    configuration: keys.configuration, weights: keys.weights))
        } else if let clip = keys.clip {
            guard let tokenizer = keys.tokenizer else {
                throw section["tokenizer"].missing("the path of a folder or the word shapes")
            }
            self = .scorer(FreshScorer(clip: clip, tokenizer: Tokenizer(tokenizer), initSeed: seed))
        } else {
            let hint = "give either model.path or all of \(Self.parts.joined(separator: ", "))"
            guard Self.parts.contains(where: { section[$0].given != nil }) else {
                throw section["path"].missing("the path of a folder", hint: hint)
            }
            func part(_ key: String, _ value: String?) throws -> String {
                guard let value else { throw section[key].missing("a path", hint: hint) }
                return value
            }
            var fresh = Fresh(
                unet: try part("unet", keys.unet), textEncoder: try part("text_encoder", keys.textEncoder),
                scheduler: try part("scheduler", keys.scheduler),
                tokenizer: Tokenizer(try part("tokenizer", keys.tokenizer)), initSeed: seed)
            fresh.vae = keys.vae
            if keys.textEncoder2 != nil || keys.tokenizer2 != nil {
                func second(_ key: String, _ value: String?) throws -> String {
                    guard let value else {
                        throw section[key].missing(
                            "a path", hint: "give both of text_encoder_2, tokenizer_2, or neither")
                    }
                    return value
                }
                fresh.textEncoder2 = try second("text_encoder_2", keys.textEncoder2)
                fresh.tokenizer2 = Tokenizer(try second("tokenizer_2", keys.tokenizer2))
            }
            self = .fresh(fresh)
        }
    }

    /// The keys that say the model.
    var keys: Keys {
        var keys = Keys(runSeed: 0)
        switch self {
        case .folder(let folder):
            (keys.path, keys.vae, keys.initSeed) = (folder.path, folder.autoencoder, nil)
            if case .named(let variant) = folder.variant { keys.variant = variant }
            (keys.configuration, keys.weights) = (folder.configuration, folder.weights)
        case .fresh(let fresh):
            (keys.unet, keys.textEncoder, keys.scheduler) = (fresh.unet, fresh.textEncoder, fresh.scheduler)
            (keys.textEncoder2, keys.tokenizer2, keys.vae) = (fresh.textEncoder2, fresh.tokenizer2?.name, fresh.vae)
            (keys.tokenizer, keys.initSeed) = (fresh.tokenizer.name, fresh.initSeed)
        case .scorer(let fresh):
            (keys.clip, keys.tokenizer, keys.initSeed) = (fresh.clip, fresh.tokenizer.name, fresh.initSeed)
        }
        return keys
    }
}

extension Recipe.Model.Keys: KeyedSettings {
    private typealias Key = SettingsKey<Self>

    /// A folder's manifest has the keys of a new diffusion model as null; that of a new scorer does without.
    static let schema = SettingsSchema<Self>(
        Self(runSeed: 0),
        [
            Key(
                "path", \.path, .optional(.text("the path of a folder")),
                "a folder in diffusers' layout, or a scorer's, or a single file of Stable Diffusion 1.x or XL (.safetensors, "
                    + ".ckpt); else a new model is made of the other keys"),
            Key(
                "variant", \.variant, .optional(.text("a variant such as fp16")), default: .omitted(nil),
                when: isFolder,
                "of which variant the folder's weights are read: fp16 for model.fp16.safetensors and the like; parts "
                    + "without such files have the plain names"),
            Key(
                "vae", \.vae, .optional(.text("the path of a folder or a configuration")), default: .omitted(nil),
                when: isNoScorer,
                "of a folder's model: the folder of another autoencoder, in the place of its own; of a new model: the "
                    + "autoencoder's config.json"),
            Key(
                "configuration", \.configuration, .optional(.text("the path of a folder")), default: .omitted(nil),
                when: isFolder,
                "of a single file the folder with configurations and tokenizers, in diffusers' layout; configurations that "
                    + "are missing there are the published ones where all shapes fit"),
            Key(
                "weights", \.weights, .choice, default: .omitted(.plain), when: isFolder,
                "of a single file that has averaged weights (EMA) besides: plain for the trained ones, or ema"),
            Key(
                "clip", \.clip, .optional(.text("the path of a configuration")), default: .omitted(nil), when: isNew,
                "a new scorer's config.json of a CLIPModel; with objective.name: pickscore"),
            Key(
                "unet", \.unet, .optional(.text("the path of a configuration")), when: isDiffusion,
                elsewhere: { $0.clip == nil ? .null : nil }, "the new UNet's config.json"),
            Key(
                "text_encoder", \.textEncoder, .optional(.text("the path of a configuration")), when: isDiffusion,
                elsewhere: { $0.clip == nil ? .null : nil }, "the new text encoder's config.json"),
            Key(
                "text_encoder_2", \.textEncoder2, .optional(.text("the path of a configuration")),
                default: .omitted(nil), when: isDiffusion,
                "a second text encoder's config.json, of a CLIPTextModelWithProjection: with a UNet of SDXL's kind"),
            Key(
                "scheduler", \.scheduler, .optional(.text("the path of a configuration")), when: isDiffusion,
                elsewhere: { $0.clip == nil ? .null : nil }, "the scheduler_config.json"),
            Key(
                "tokenizer", \.tokenizer, .optional(.text("the path of a folder or the word shapes")), when: isNew,
                elsewhere: { _ in .null }, "the folder of a tokenizer, or shapes: the words of the drawn pictures"),
            Key(
                "tokenizer_2", \.tokenizer2, .optional(.text("the path of a folder or the word shapes")),
                default: .omitted(nil), when: isDiffusion, "the second text encoder's tokenizer"),
            Key(
                "init_seed", \.initSeed, .optional(.seed), default: .from("the run's seed") { $0.initSeed },
                when: isNew,
                elsewhere: { _ in .null }, "the seed of the random weights"),
        ])

    private static let isFolder = Key.Condition("a model in a folder") { $0.path == nil ? "a new model" : nil }
    private static let isNoScorer = Key.Condition("a diffusion model") { $0.clip == nil ? nil : "model.clip" }
    private static let isNew = Key.Condition("a new model") { $0.path == nil ? nil : "model.path" }
    private static let isDiffusion = Key.Condition("a new diffusion model") {
        $0.path != nil ? "model.path" : $0.clip != nil ? "model.clip" : nil
    }
}

extension Recipe.Model.Tokenizer {
    fileprivate init(_ name: String) { self = name == "shapes" ? .shapes : .folder(path: name) }

    fileprivate var name: String {
        switch self {
        case .shapes: "shapes"
        case .folder(let path): path
        }
    }
}
