import Checkpoints
import Compute
import Core

/// What an autoencoder and text encoders make of preference pairs, made once: a folder with `latents.json`, files of
/// latents and of text states, and `pairs.jsonl`. `FORMAT.md` describes it.
///
/// Loading reads the list alone. A row is read where it is asked for, and its digest compared with the file's, that of
/// the file with the list's; nothing of it is kept.
package struct LatentSet: Sendable {
    /// The name of the list inside the folder.
    package static let listName = "latents.json"

    /// The folder.
    package let folder: String
    /// What it was made of.
    package let source: LatentSetSource
    /// Its sizes.
    package let layout: LatentSetLayout
    /// The digests of the files, of each kind in order.
    let files: [LatentSetFile.Kind: [Digest]]
    /// The digest of `pairs.jsonl`, of its bytes.
    let pairs: Digest
    /// Stands for the set: all that its numbers are made of, and all of its rows.
    package let digest: Digest

    /// A set with its digest.
    init(
        folder: String, source: LatentSetSource, layout: LatentSetLayout, files: [LatentSetFile.Kind: [Digest]],
        pairs: Digest
    ) {
        self.folder = folder
        self.source = source
        self.layout = layout
        self.files = files
        self.pairs = pairs
        digest = .of(.latentSet, .object(LatentSet.content(source, layout, files, pairs)))
    }

    /// What a set's files are made for: the same for all processes that make it.
    static func key(_ source: LatentSetSource, _ layout: LatentSetLayout) -> Digest {
        .of(.latentSet, ["source": .object(source.json), "layout": .object(layout.json)])
    }

    /// The key of this set.
    var key: Digest { LatentSet.key(source, layout) }

    /// Whether a set is in `folder`; one that is being made is not.
    package static func isThere(_ folder: String) -> Bool { FileContents.exists("\(folder)/\(listName)") }

    /// Opens the set in `folder`. - Throws: `FileError`, `JSONSyntaxError`, `JSONShapeError` for a list that is not there or
    /// says something else than what it is.
    package static func load(folder: String) throws -> LatentSet {
        let path = "\(folder)/\(listName)"
        let list = JSONCursor(try JSONValue.read(path), name: "latents", file: path)
        try list.requireOnly(["schema", "source", "layout", "texts", "pairs", "list", "digest"])
        let schema = try list["schema"].int()
        guard schema == 1 else { throw try list["schema"].error(expected: "1", found: "\(schema)") }
        let layout = try LatentSetLayout(json: list["layout"])
        var files: [LatentSetFile.Kind: [Digest]] = [:]
        for kind in LatentSetFile.Kind.allCases {
            let (digests, most) = (try list[kind.rawValue].elements().map { try $0.digest() }, layout.rowsPerFile(kind))
            let expected = (layout.rows(kind) + most - 1) / most
            guard digests.count == expected else {
                throw try list[kind.rawValue].error(expected: "\(expected) digests", found: "\(digests.count)")
            }
            files[kind] = digests
        }
        let set = LatentSet(
            folder: folder, source: try LatentSetSource(json: list["source"]), layout: layout, files: files,
            pairs: try list["list"].digest())
        let stated = try list["digest"].digest()
        guard stated == set.digest else {
            throw try list["digest"].error(expected: set.digest.hex, found: stated.hex)
        }
        return set
    }

    private static func content(
        _ source: LatentSetSource, _ layout: LatentSetLayout, _ files: [LatentSetFile.Kind: [Digest]], _ pairs: Digest
    ) -> JSONObject {
        var content: JSONObject = [
            "schema": 1, "source": .object(source.json), "layout": .object(layout.json), "list": .digest(pairs),
        ]
        for kind in LatentSetFile.Kind.allCases {
            content[kind.rawValue] = .array((files[kind] ?? []).map { .digest($0) })
        }
        return content
    }

    /// The list's text.
    var list: String {
        var content = LatentSet.content(source, layout, files, pairs)
        content["digest"] = .digest(digest)
        return JSONValue.object(content).pretty + "\n"
    }

    /// The file that has row `row` of a kind, opened; its digests are those that the list states.
    /// - Throws: `LatentSetChanged`, `CheckpointError`.
    private func rows(_ kind: LatentSetFile.Kind, of row: Int) throws -> LatentSetRows {
        precondition((0..<layout.rows(kind)).contains(row), "row \(row) of \(layout.rows(kind))")
        let rows: LatentSetRows
        do {
            rows = try LatentSetRows(layout.file(kind, of: row), in: folder, key: key, layout: layout)
        } catch let error as CheckpointError where error.kind != .unreadable {
            throw LatentSetChanged(error)
        }
        let (expected, found) = (files[kind]?[rows.file.number], rows.digest)
        guard let expected, expected == found else {
            throw LatentSetChanged(file: rows.path, row: nil, what: "digests", expected: expected, found: found)
        }
        return rows
    }

    /// One latent of the pair at `index`, [c, h, w]. - Throws: `LatentSetChanged`, `CheckpointError`.
    package func latent(at index: Int, which: PairSide) throws -> Tensor {
        let rows = try rows(.pairs, of: index)
        return try latent(at: index, which: which, rows)
    }

    private func latent(at index: Int, which: PairSide, _ rows: LatentSetRows) throws -> Tensor {
        let latent = try rows.tensor(LatentPairs.name(which), index)
        try require(rows, index, LatentPairs.name(which), place: which.rawValue, LatentRow.digest(of: latent))
        return latent
    }

    /// The digests of the latents of all pairs, of each the first picture's first, without the numbers.
    /// - Throws: `LatentSetChanged`, `CheckpointError`.
    func digestsOfLatents() throws -> [[Digest]] {
        try layout.files(.pairs).flatMap {
            try rows(.pairs, of: $0.rows.lowerBound).digests.map { Array($0.prefix(2)) }
        }
    }

    /// The pair at `index` without its latents: the digest of what it was made of, where in the pictures the latents are
    /// from, and the place of its caption. - Throws: `LatentSetChanged`, `CheckpointError`.
    package func facts(
        at index: Int
    ) throws -> (item: Digest, frames: [PictureFrame], flips: [Bool], caption: Int?) {
        try facts(at: index, rows(.pairs, of: index))
    }

    private func facts(
        at index: Int, _ rows: LatentSetRows
    ) throws -> (item: Digest, frames: [PictureFrame], flips: [Bool], caption: Int?) {
        let facts = try rows.facts(index, hasCaption: layout.texts != nil)
        try require(
            rows, index, "items, frames, flips, captions", place: 2,
            LatentRow.facts(item: facts.item, frames: facts.frames, flips: facts.flips, caption: facts.caption))
        // Digests hold what was written, and whoever wrote it may have written anything.
        if let caption = facts.caption, !(0..<layout.rows(.texts)).contains(caption) {
            throw LatentSetChanged(
                file: rows.path, row: index - rows.file.rows.lowerBound, what: "captions",
                expected: "a row below \(layout.rows(.texts))", found: "\(caption)")
        }
        return facts
    }

    /// All that the set holds of the pair at `index`. - Throws: `LatentSetChanged`, `CheckpointError`.
    package func row(at index: Int) throws -> LatentRow {
        let rows = try rows(.pairs, of: index)
        let facts = try facts(at: index, rows)
        return LatentRow(
            item: facts.item,
            pictures: try PairSide.allCases.map { side in
                EncodedPicture(
                    latent: try latent(at: index, which: side, rows), frame: facts.frames[side.rawValue],
                    isFlipped: facts.flips[side.rawValue])
            }, caption: facts.caption)
    }

    /// The states of the caption at place `place`, which must be `caption`: [1, tokens, width] and [1, width].
    /// - Throws: `LatentSetChanged`, `CheckpointError`.
    package func states(at place: Int, of caption: String) throws -> EncodedTexts {
        let rows = try rows(.texts, of: place)
        let context = try rows.tensor("context", place)
        let pooled = layout.texts?.pooled == nil ? nil : try rows.tensor("pooled", place)
        try require(
            rows, place, "context, pooled", place: 0, LatentRow.digest(of: caption, context: context, pooled: pooled))
        return EncodedTexts(
            context: context.reshaped([1] + context.shape), pooled: pooled.map { $0.reshaped([1] + $0.shape) })
    }

    /// The place of the empty caption's states.
    package static let emptyCaption = 0

    private func require(_ rows: LatentSetRows, _ row: Int, _ what: String, place: Int, _ found: Digest) throws {
        let expected = rows.digests(row)[place]
        guard expected == found else {
            throw LatentSetChanged(
                file: rows.path, row: row - rows.file.rows.lowerBound, what: what, expected: expected, found: found)
        }
    }
}
