import Core
import Datasets
import Diffusion

/// A drawn picture with all that it was drawn from, as the text in its file says it.
package struct DrawnPicture: Sendable {
    /// The picture.
    package let image: Image
    /// What it was drawn from, and the digest of its pixels.
    package let record: JSONObject

    /// The picture at `place` of those drawn of `prompts`.
    /// - Parameters:
    ///   - digests: those of the model's parts.
    ///   - control: what is recorded of a picture that steered.
    package init(
        _ image: Image, _ prompts: Prompts, place: Int, settings: DrawingSettings, digests: [String: Digest],
        isSized: Bool, control: JSONObject?
    ) {
        self.init(
            image,
            origin: Self.origin(
                prompts, place: place, noise: place, settings: settings, digests: digests, isSized: isSized,
                control: control))
    }

    /// The picture that was drawn from `origin`.
    package init(_ image: Image, origin: JSONObject) {
        var record = origin
        record["pixels"] = .digest(image.digest)
        (self.image, self.record) = (image, record)
    }

    /// All that the picture at `place` of those drawn of `prompts` follows from, where it starts from the noise of the place
    /// `noise`.
    package static func origin(
        _ prompts: Prompts, place: Int, noise: Int, settings: DrawingSettings, digests: [String: Digest],
        isSized: Bool, control: JSONObject?
    ) -> JSONObject {
        var record = settings.json
        record["schema"] = 1
        record["contract"] = .string(Contract.standard.rawValue)
        record["prompt"] = .string(prompts.texts[place])
        record["place"] = .integer(noise)
        for (key, texts) in [
            ("prompt_2", prompts.seconds), ("negative_prompt", prompts.negatives),
            ("negative_prompt_2", prompts.negativeSeconds),
        ] {
            if let texts { record[key] = .string(texts[place]) }
        }
        if prompts.clipSkip != 0 { record["clip_skip"] = .integer(prompts.clipSkip) }
        if isSized {
            record["time_ids"] = .array(prompts.size.numbers.map { .integer($0) })
            record["negative_time_ids"] = prompts.negativeSize.map { .array($0.numbers.map { .integer($0) }) }
            if prompts.negatives == nil { record["zeros_for_no_negative_prompt"] = .bool(prompts.forcesZeros) }
        }
        record["model"] = .object(JSONObject(digests.map { ($0.key, JSONValue.digest($0.value)) }))
        record["control"] = control.map { .object($0) }
        return record
    }

    /// The text of its file.
    package var text: PNGWriter.Text {
        PNGWriter.Text(keyword: DrawnPicture.keyword, text: JSONValue.object(record).canonical)
    }

    /// What the text stands under; other programs look there too.
    package static let keyword = "parameters"
}
