import Checkpoints
import Compute
import Core

/// How pictures are made ready for CLIP's image tower: transformers' `preprocessor_config.json`.
package struct CLIPImageProcessorConfig: Equatable, ComponentConfiguration {
    /// The filter, by Pillow's number.
    package enum Resample: Int, CaseIterable, Sendable {
        /// A triangle.
        case bilinear = 2
        /// A cubic.
        case bicubic = 3
    }

    /// `size.shortest_edge`: what the shorter side of a picture is brought to, in pixels.
    package let shortestEdge: Int
    /// `crop_size`: edge of the square in the middle that is kept, in pixels.
    package let cropSize: Int
    /// `resample`
    package let resample: Resample
    /// `rescale_factor`: what samples from 0 to 255 are multiplied with.
    package let rescaleFactor: Double
    /// `image_mean`: taken off each channel.
    package let imageMean: [Double]
    /// `image_std`: what each channel is divided by.
    package let imageStd: [Double]

    /// Pictures of `edge` pixels as OpenAI's CLIP takes them.
    package init(edge: Int) {
        shortestEdge = edge
        cropSize = edge
        resample = .bicubic
        rescaleFactor = 1 / 255
        imageMean = Self.mean
        imageStd = Self.std
    }

    /// The channels' means over OpenAI's pictures.
    private static let mean = [0.48145466, 0.4578275, 0.40821073]
    /// The channels' standard deviations over OpenAI's pictures.
    private static let std = [0.26862954, 0.26130258, 0.27577711]

    /// Takes the members of a `preprocessor_config.json`; `file` is for messages. Missing keys take the defaults of
    /// transformers' `CLIPImageProcessor`.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "preprocessor_config.json") throws {
        var reader = ConfigReader(object, file: file)
        shortestEdge = try Self.edge(&reader, "size", ["shortest_edge"])
        cropSize = try Self.edge(&reader, "crop_size", ["height", "width"])
        let number = try reader.integer("resample", default: Resample.bicubic.rawValue, in: 0...5)
        guard let resample = Resample(rawValue: number) else {
            throw reader.refusal(
                "resample", .integer(number), "is not supported", expected: "2 (bilinear) or 3 (bicubic)")
        }
        self.resample = resample
        rescaleFactor = try reader.number("rescale_factor", default: 1 / 255, in: 0...1)
        imageMean = try Self.channels(&reader, "image_mean", default: Self.mean)
        imageStd = try Self.channels(&reader, "image_std", default: Self.std)
        if imageStd.contains(0) {
            throw ConfigError(
                file: file, key: "image_std", "cannot be divided by", expected: "three numbers above 0",
                found: "\(imageStd)")
        }
        try reader.neutral(
            ["do_center_crop", "do_convert_rgb", "do_normalize", "do_rescale", "do_resize"].map { ($0, [true]) })
        try reader.neutral([
            ("feature_extractor_type", ["CLIPFeatureExtractor"]),
            ("image_processor_type", Self.classNames.map(JSONValue.string)),
            ("do_pad", [false, .null]), ("pad_size", [.null]), ("default_to_square", [false, .null]),
        ])
        reader.ignore([
            "processor_class", "data_format", "device", "disable_grouping", "input_data_format", "return_tensors",
        ])
        try reader.finish()
        guard shortestEdge >= cropSize else {
            throw ConfigError(
                file: file, key: "crop_size", "is larger than what pictures are brought to",
                expected: "at most \(shortestEdge)", found: "\(cropSize)")
        }
    }

    /// One integer, or an object of equal edges named `names`.
    private static func edge(_ reader: inout ConfigReader, _ key: String, _ names: [String]) throws -> Int {
        guard let value = reader.take(key) else { return 224 }
        var edges = [value]
        if case .object(let object) = value {
            edges = names.compactMap { object[$0] }
            if object.count != names.count { edges = [] }
        }
        let sizes = edges.compactMap { (edge: JSONValue) -> Int? in
            guard case .number(let number) = edge, let size = number.int64, (1...(1 << 24)).contains(size) else {
                return nil
            }
            return Int(size)
        }
        guard let first = sizes.first, sizes.count == edges.count, sizes.allSatisfy({ $0 == first }) else {
            throw reader.refusal(
                key, value, "is not supported",
                expected: "an integer from 1 or {\(names.map { "\"\($0)\": N" }.joined(separator: ", "))}")
        }
        return first
    }

    private static func channels(
        _ reader: inout ConfigReader, _ key: String, default fallback: [Double]
    ) throws -> [Double] {
        guard let value = reader.take(key) else { return fallback }
        guard case .array(let values) = value, values.count == 3 else {
            throw reader.refusal(key, value, "is not supported", expected: "three numbers")
        }
        return try values.map {
            guard case .number(let number) = $0, (0...1000).contains(number.double) else {
                throw reader.refusal(key, value, "is not supported", expected: "three numbers from 0")
            }
            return number.double
        }
    }

    /// The configuration as transformers reads it; `init(_:file:)` reads it back equal.
    package var json: JSONValue {
        [
            "crop_size": ["height": .integer(cropSize), "width": .integer(cropSize)],
            "do_center_crop": true,
            "do_convert_rgb": true,
            "do_normalize": true,
            "do_rescale": true,
            "do_resize": true,
            "image_mean": .array(imageMean.map(ConfigJSON.number)),
            "image_processor_type": "CLIPImageProcessor",
            "image_std": .array(imageStd.map(ConfigJSON.number)),
            "resample": .integer(resample.rawValue),
            "rescale_factor": ConfigJSON.number(rescaleFactor),
            "size": ["shortest_edge": .integer(shortestEdge)],
        ]
    }
}

extension CLIPImageProcessorConfig: Component {
    package static let classNames = ["CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPFeatureExtractor"]

    package func configurationDigests(_ folder: String) -> [String: Digest] {
        ["preprocessor_config.json": .of(.document, json)]
    }

    package func writeConfiguration(into writer: FolderWriter, _ folder: String, storing dtype: DType) throws {
        try writer.write(json.pretty + "\n", to: Pipeline.path(folder, "preprocessor_config.json"))
    }
}
