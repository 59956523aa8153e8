import Core

extension Recipe {
    /// The model to start from.
    package enum Model: Sendable, Equatable {
        /// A folder in diffusers' layout: `unet/`, `text_encoder/`, `tokenizer/`, `scheduler/`; or a scorer's (`PickScore`).
        case folder(path: String)
        /// A new model with random weights, made from configurations.
        case fresh(Fresh)
        /// A new scorer with random weights, for `objective.name: pickscore`. (A scorer's folder is a `folder`.)
        case scorer(FreshScorer)

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
            /// The path of the `scheduler_config.json`.
            package var scheduler: String
            /// The tokenizer.
            package var tokenizer: Tokenizer
            /// The seed of the random weights; the run's where the recipe names none.
            package var initSeed: UInt64

            /// All parts.
            package init(
                unet: String, textEncoder: String, scheduler: String, tokenizer: Tokenizer, initSeed: UInt64
            ) {
                self.unet = unet
                self.textEncoder = textEncoder
                self.scheduler = scheduler
                self.tokenizer = tokenizer
                self.initSeed = initSeed
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
    private static let commonKeys = ["path", "unet", "text_encoder", "scheduler", "tokenizer", "init_seed"]
    static let keys = commonKeys + ["clip"]
    private static let parts = ["unet", "text_encoder", "scheduler", "tokenizer"]

    init(_ section: SettingsSection, runSeed: UInt64) throws {
        let hint = "give either model.path or all of \(Self.parts.joined(separator: ", "))"
        if section["path"].given != nil {
            for key in Self.parts + ["clip", "init_seed"] { try section[key].refuse(with: "model.path") }
            self = .folder(path: try section["path"].text("the path of a folder"))
            return
        }
        if section["clip"].given != nil {
            for key in Self.parts.dropLast() { try section[key].refuse(with: "model.clip") }
            self = .scorer(
                FreshScorer(
                    clip: try section["clip"].text("the path of a configuration"),
                    tokenizer: try Tokenizer(section["tokenizer"]),
                    initSeed: try section["init_seed"].optional(default: runSeed) { try $0.uint64() } ?? runSeed))
            return
        }
        guard Self.parts.contains(where: { section[$0].given != nil }) else {
            throw section["path"].missing("the path of a folder", hint: hint)
        }
        for key in Self.parts where section[key].given == nil { throw section[key].missing("a path", hint: hint) }
        self = .fresh(
            Fresh(
                unet: try section["unet"].text("the path of a configuration"),
                textEncoder: try section["text_encoder"].text("the path of a configuration"),
                scheduler: try section["scheduler"].text("the path of a configuration"),
                tokenizer: try Tokenizer(section["tokenizer"]),
                initSeed: try section["init_seed"].optional(default: runSeed) { try $0.uint64() } ?? runSeed))
    }

    var value: SettingsValue {
        switch self {
        case .folder(let path):
            return .section(Self.commonKeys.map { ($0, $0 == "path" ? .text(path) : .null) })
        case .fresh(let fresh):
            return .section([
                ("path", .null), ("unet", .text(fresh.unet)), ("text_encoder", .text(fresh.textEncoder)),
                ("scheduler", .text(fresh.scheduler)), ("tokenizer", .text(fresh.tokenizer.name)),
                ("init_seed", .seed(fresh.initSeed)),
            ])
        case .scorer(let fresh):
            return .section([
                ("path", .null), ("clip", .text(fresh.clip)), ("tokenizer", .text(fresh.tokenizer.name)),
                ("init_seed", .seed(fresh.initSeed)),
            ])
        }
    }
}

extension Recipe.Model.Tokenizer {
    fileprivate init(_ field: SettingsField) throws {
        let name = try field.text("the path of a folder or the word shapes")
        self = name == "shapes" ? .shapes : .folder(path: name)
    }

    fileprivate var name: String {
        switch self {
        case .shapes: "shapes"
        case .folder(let path): path
        }
    }
}
