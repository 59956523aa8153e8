import Core

/// Preference pairs from a folder: `pairs.jsonl`, one pair a line, and JPEG, PNG or WebP files below the folder; or the
/// folders `w` of winners and `l` of losers (`WinnersAndLosers`).
///
/// Keys of a line: `caption`, `image_0`, `image_1` (paths below the folder), `label_0`, `label_1` (0, 0.5 or 1, together
/// 1), and where wanted `score_0` and `score_1` (finite rewards). Nothing else is accepted.
///
/// Loading reads and decodes every picture once and keeps its digest, not its pixels. Reading it again checks the
/// digest, so a file that changes during a run is noticed before its pixels are used.
package struct FolderPairs: PreferenceDataset {
    /// The name of the list inside the folder.
    package static let listName = "pairs.jsonl"

    /// Where the pairs stand.
    package enum Layout: Sendable {
        /// In `pairs.jsonl`.
        case list
        /// In the names of files in `w` and `l`.
        case winnersAndLosers
    }

    /// The pairs that are used, in the order of their lines; `id` is `pair-` and the line number with six digits,
    /// or the pair's number from 1.
    package let items: [PairItem]
    /// The lines that were left out because a picture cannot be read; empty unless asked for by `dropUnreadable`.
    package let refused: [FolderPairsProblem]
    /// What the pictures of `items` have that their pixels do not show; each picture once, only those that have any.
    package let pictureTraits: [PictureTraits]
    /// Stands for `items` in a manifest.
    package let digest: Digest
    private let folder: ImageFolder

    /// The number of pairs that are used.
    package var count: Int { items.count }

    /// Reads a folder.
    ///
    /// With `allowsUnknownKeys` members of other names are left alone; else they make a line malformed.
    /// A malformed line always ends the loading, with all malformed lines in one error. So does an unreadable picture,
    /// unless `dropUnreadable` is set: then its pair is left out and named in `refused`.
    /// - Throws: `FolderPairsError`; `FileError` when the folder or its list cannot be opened.
    package static func loadAll(
        folder path: String, layout: Layout = .list, dropUnreadable: Bool = false,
        maxPixels: Int = ImageDecoder.defaultMaxPixels,
        allowsUnknownKeys: Bool = false
    ) throws -> FolderPairs {
        let folder = try ImageFolder(path: path, maxPixels: maxPixels)
        let lines =
            switch layout {
            case .list:
                try FolderPairsLine.readAll(
                    folder.path(of: listName), folder: path, pictures: .required, allowsUnknownKeys: allowsUnknownKeys)
            case .winnersAndLosers: try WinnersAndLosers.pairs(in: folder)
            }
        var reader = ImageDigests(folder: folder, layout: layout)
        var items: [PairItem] = []
        var refused: [FolderPairsProblem] = []
        for line in lines {
            do {
                items.append(try reader.item(line))
            } catch let problem as FolderPairsProblem {
                refused.append(problem)
            }
        }
        if !refused.isEmpty, !dropUnreadable || items.isEmpty {
            throw FolderPairsError(
                folder: path, problems: refused, lines: lines.count, unit: layout == .list ? "lines" : "pairs",
                hint: items.isEmpty
                    ? "no pair can be read" : "mend these files, or ask for unreadable pairs to be dropped")
        }
        return FolderPairs(
            items: items, refused: refused, pictureTraits: reader.traits(of: items), digest: digest(of: items),
            folder: folder)
    }

    /// The same folder with other items.
    func replacing(items: [PairItem]) -> FolderPairs {
        FolderPairs(
            items: items, refused: refused, pictureTraits: pictureTraits, digest: FolderPairs.digest(of: items),
            folder: folder)
    }

    /// The pair at `index`, in `0..<count`.
    package func item(at index: Int) -> PairItem { items[index] }

    /// Reads and decodes one picture of a pair of this data set, at its own size.
    /// - Throws: `FolderImageChanged`, `FileError`, `ImageError`.
    package func image(of item: PairItem, which: PairSide) throws -> Image {
        try folder.decode(bytes(of: item, which: which), name: item.image(of: which))
    }

    /// The bytes of a picture's file, which must be those that were loaded.
    private func bytes(of item: PairItem, which: PairSide) throws -> [UInt8] {
        let name = item.image(of: which)
        let bytes = try folder.bytes(of: name)
        let found = Digest.of(.file, bytes)
        guard found == item.imageDigest(of: which) else {
            throw FolderImageChanged(
                file: folder.path(of: name), item: item.id, expected: item.imageDigest(of: which), found: found)
        }
        return bytes
    }

    /// One picture with the samples of its file.
    /// - Throws: `FolderImageChanged`, `FileError`, `ImageError`.
    package func storedPicture(at index: Int, which: PairSide) throws -> StoredPicture? {
        try folder.decodeStored(bytes(of: items[index], which: which), name: items[index].image(of: which))
    }

    /// One picture at its own size.
    /// - Throws: `FolderImageChanged`, `FileError`, `ImageError`.
    package func image(at index: Int, which: PairSide) throws -> Image? {
        try image(of: items[index], which: which)
    }

    /// One picture as planes in [-1, 1] (CHW), by the plain preparation: shorter side to `size` (Pillow's bilinear), then
    /// the middle square.
    /// - Throws: `FolderImageChanged`, `FileError`, `ImageError`.
    package func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float] {
        let image = try image(of: items[index], which: which)
        return PicturePreparation.plain.planes(
            image, PicturePlacement(height: image.height, width: image.width, edge: size))
    }
}

/// Reads every picture once while a folder is loaded, however many lines name it.
private struct ImageDigests {
    let folder: ImageFolder
    let layout: FolderPairs.Layout
    /// By the bytes of the name, since two spellings that Swift calls equal can be two files; looked up only, never walked.
    private var known: [[UInt8]: Result<(digest: Digest, traits: PictureTraits), ImageTrouble>] = [:]

    init(folder: ImageFolder, layout: FolderPairs.Layout) { (self.folder, self.layout) = (folder, layout) }

    private struct ImageTrouble: Error {
        let text: String
        let isUnreachable: Bool
    }

    /// - Throws: `FolderPairsProblem`.
    mutating func item(_ line: FolderPairsLine) throws -> PairItem {
        PairItem(
            id: line.id, caption: line.caption, image0: line.image0, image1: line.image1,
            imageDigest0: try digest("image_0", line.image0, line: line.number),
            imageDigest1: try digest("image_1", line.image1, line: line.number),
            label0: line.label0, label1: line.label1, score0: line.score0, score1: line.score1)
    }

    private mutating func digest(_ key: String, _ name: String, line: Int) throws -> Digest {
        let spelling = Array(name.utf8)
        let result = known[spelling] ?? read(name)
        known[spelling] = result
        do {
            return try result.get().digest
        } catch {
            let isInList = layout == .list
            throw FolderPairsProblem(
                file: folder.path(of: isInList ? FolderPairs.listName : name), line: line, isInList: isInList,
                image: name, what: "\(isInList ? key + " " : "")cannot be read: \(error.text)",
                hint: "mend or replace the file, or drop the pair",
                isUnreachable: error.isUnreachable)
        }
    }

    /// Of each picture of `items`, once, where there are any.
    func traits(of items: [PairItem]) -> [PictureTraits] {
        var seen: Set<[UInt8]> = []
        return items.flatMap { [$0.image0, $0.image1] }.compactMap { name in
            let spelling = Array(name.utf8)
            guard seen.insert(spelling).inserted, let traits = try? known[spelling]?.get().traits, !traits.isEmpty
            else { return nil }
            return traits
        }
    }

    private func read(_ name: String) -> Result<(digest: Digest, traits: PictureTraits), ImageTrouble> {
        do {
            let bytes = try folder.bytes(of: name)
            _ = try folder.decode(bytes, name: name)
            return .success((Digest.of(.file, bytes), PictureTraits(bytes: bytes)))
        } catch {
            return .failure(ImageTrouble(text: "\(error)", isUnreachable: error is FileError))
        }
    }
}
