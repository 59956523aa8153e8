import Checkpoints
import Core

/// The sizes of a latent set, from which follow its files and the tensors in each.
package struct LatentSetLayout: Sendable, Equatable {
    /// The sizes of the text states of a caption.
    package struct Texts: Sendable, Equatable {
        /// Captions that have states, each once; the first is the empty one.
        package var count: Int
        /// Hidden states of a caption: [tokens, width].
        package var context: [Int]
        /// Width of the pooled state; nil for models without.
        package var pooled: Int?

        /// States of `count` captions.
        package init(count: Int, context: [Int], pooled: Int?) {
            precondition(count >= 1 && context.count == 2)
            (self.count, self.context, self.pooled) = (count, context, pooled)
        }
    }

    /// The number of pairs.
    package var pairs: Int
    /// The shape of a latent: [c, h, w].
    package var latent: [Int]
    /// The text states; nil where none are kept.
    package var texts: Texts?
    /// Pairs a file has; the last may have fewer.
    package var pairsPerFile: Int
    /// Captions a file has; the last may have fewer.
    package var captionsPerFile: Int

    /// What the program writes: 4 MiB a file of Stable Diffusion 1.5's latents at 512 pixels, 16 MiB of SDXL's at 1024.
    package static let standardPairsPerFile = 32
    /// What the program writes: 15 MiB a file of Stable Diffusion 1.5's text states, 39 MiB of SDXL's.
    package static let standardCaptionsPerFile = 64

    /// A set of `pairs` pairs.
    package init(
        pairs: Int, latent: [Int], texts: Texts?, pairsPerFile: Int = standardPairsPerFile,
        captionsPerFile: Int = standardCaptionsPerFile
    ) {
        precondition(pairs >= 1 && latent.count == 3 && pairsPerFile >= 1 && captionsPerFile >= 1)
        self.pairs = pairs
        self.latent = latent
        self.texts = texts
        self.pairsPerFile = pairsPerFile
        self.captionsPerFile = captionsPerFile
    }

    /// Rows that files of a kind have together.
    func rows(_ kind: LatentSetFile.Kind) -> Int { kind == .pairs ? pairs : texts?.count ?? 0 }

    /// Rows a file of a kind has.
    func rowsPerFile(_ kind: LatentSetFile.Kind) -> Int { kind == .pairs ? pairsPerFile : captionsPerFile }

    /// All files, those of text states first.
    package var files: [LatentSetFile] { LatentSetFile.Kind.allCases.flatMap(files) }

    func files(_ kind: LatentSetFile.Kind) -> [LatentSetFile] {
        let (rows, most) = (rows(kind), rowsPerFile(kind))
        return stride(from: 0, to: rows, by: most).enumerated().map { number, start in
            LatentSetFile(kind: kind, number: number, rows: start..<min(rows, start + most))
        }
    }

    /// The file that has row `row` of a kind.
    func file(_ kind: LatentSetFile.Kind, of row: Int) -> LatentSetFile {
        let most = rowsPerFile(kind)
        let start = row / most * most
        return LatentSetFile(kind: kind, number: row / most, rows: start..<min(rows(kind), start + most))
    }

    /// The tensors of a file.
    func items(of file: LatentSetFile) -> [Safetensors.Item] {
        let count = file.rows.count
        switch file.kind {
        case .pairs:
            return PairSide.allCases.map { (LatentPairs.name($0), .f32, [count] + latent) }
                + (texts == nil ? [] : [("captions", .i64, [count])]) + [
                    ("frames", .i64, [count, 2, 4]), ("flips", .u8, [count, 2]),
                    ("items", .u8, [count, Digest.byteCount]), ("digests", .u8, [count, 3, Digest.byteCount]),
                ]
        case .texts:
            guard let texts else { preconditionFailure("a set without text states has no files of them") }
            return [("context", .f32, [count] + texts.context)]
                + (texts.pooled.map { [("pooled", .f32, [count, $0])] } ?? []) + [
                    ("digests", .u8, [count, 1, Digest.byteCount])
                ]
        }
    }

    /// As the set's list holds it.
    var json: JSONObject {
        [
            "pairs": .integer(pairs), "latent": .array(latent.map { .integer($0) }),
            "pairs_per_file": .integer(pairsPerFile), "captions_per_file": .integer(captionsPerFile),
            "texts": texts.map {
                [
                    "count": .integer($0.count), "context": .array($0.context.map { .integer($0) }),
                    "pooled": $0.pooled.map { .integer($0) } ?? .null,
                ]
            } ?? .null,
        ]
    }

    /// Reads what `json` writes. - Throws: `JSONShapeError`.
    init(json: JSONCursor) throws {
        try json.requireOnly(["pairs", "latent", "pairs_per_file", "captions_per_file", "texts"])
        func number(_ cursor: JSONCursor) throws -> Int {
            let number = try cursor.count()
            // No product of a few of them overflows.
            guard (1...1 << 40).contains(number) else { throw cursor.error(expected: "1 to 2^40", found: "\(number)") }
            return number
        }
        func shape(_ cursor: JSONCursor, rank: Int) throws -> [Int] {
            let extents = try cursor.elements().map { element in
                let extent = try element.count()
                guard (1...1 << 16).contains(extent) else {
                    throw element.error(expected: "1 to 65536", found: "\(extent)")
                }
                return extent
            }
            guard extents.count == rank else {
                throw cursor.error(expected: "\(rank) extents", found: "\(extents.count)")
            }
            return extents
        }
        let texts = try json["texts"].present.map { texts in
            try texts.requireOnly(["count", "context", "pooled"])
            return Texts(
                count: try number(texts["count"]), context: try shape(texts["context"], rank: 2),
                pooled: try texts["pooled"].present.map(number))
        }
        self.init(
            pairs: try number(json["pairs"]), latent: try shape(json["latent"], rank: 3), texts: texts,
            pairsPerFile: try number(json["pairs_per_file"]), captionsPerFile: try number(json["captions_per_file"]))
    }
}
