import Core
import Tables

/// Preference pairs from a table: captions, labels and scores of the selected rows are held, pictures are read from their
/// cells when they are asked for.
///
/// Every picture is read and decoded once, and its digest kept. Reading it again checks the digest, so a table that changes
/// is noticed before its pixels are used.
package struct TablePairs: PreferenceDataset {
    /// The number of pairs that are used.
    package var count: Int { pairs.count }
    /// Stands for the captions, pictures, labels and scores of all pairs.
    package let digest: Digest
    /// Pairs that were left out because a picture cannot be read; empty unless asked for by `dropUnreadable`.
    package let refused: [TablePairsProblem]
    /// What the pictures have that their pixels do not show, for each that has any.
    package let pictureTraits: [PictureTraits]
    /// Why digests could not be kept, where that was.
    package let notes: [String]

    private let pictures: TablePictures
    private let pairs: [PairSelection.Pair]
    private let rows: TableRows
    private let pictureDigests: [Digest]
    private let itemDigests: [Digest]

    /// Reads the selected rows of `table`. Digests of pictures are kept in the folder `kept`, and with `checksKept` made anew
    /// all the same. - Throws: `TablePairsError`, `TableError`.
    package init(
        _ table: Table, columns: PairColumns = PairColumns(), selection: PairSelection = PairSelection(),
        dropUnreadable: Bool = false, kept: String? = nil, checksKept: Bool = false,
        maxPixels: Int = ImageDecoder.defaultMaxPixels
    ) throws {
        let numbers = try columns.found(in: table)
        let pictures = TablePictures(table: table, columns: numbers.images, maxPixels: maxPixels)
        let selected = try selection.pairs(of: table, columns)
        guard !selected.isEmpty else {
            throw TablePairsError(
                path: table.path, problems: [], rows: table.rowCount,
                hint: table.rowCount == 0 ? "the table is empty" : "no row passes the rules of the recipe's data")
        }
        let wanted = selected.flatMap { [$0.image0, $0.image1] }
        let store = kept.map { KeptPictureDigests(folder: $0, wanted, pictures) }
        var notes: [String] = []
        let known = store?.read()
        let taken = checksKept ? nil : try known?.tryingAgain(wanted, pictures)
        let found = try taken ?? PictureDigests(reading: wanted, pictures)
        if checksKept, let known, known != found {
            notes.append("\(table.path): the kept digests of pictures were not those of the files")
        }
        if known != found {
            do { try store?.write(found) } catch let error as FileError {
                notes.append("the digests of the pictures are not kept, and will be made again: \(error)")
            }
        }
        let unreadable = selected.indices.filter {
            found.entries[2 * $0].traits == nil || found.entries[2 * $0 + 1].traits == nil
        }
        refused = try unreadable.sorted { selected[$0].row < selected[$1].row }.map {
            try Self.problem(selected[$0], pictures)
        }
        if !refused.isEmpty, !dropUnreadable || refused.count == selected.count {
            throw TablePairsError(
                path: table.path, problems: refused, rows: selected.count,
                hint: refused.count == selected.count
                    ? "no pair can be read" : "mend the table, or ask for unreadable pairs to be dropped")
        }
        let left = Set(unreadable)
        let used = selected.indices.filter { !left.contains($0) }
        pairs = used.map { selected[$0] }
        pictureDigests = used.flatMap { [found.entries[2 * $0].digest, found.entries[2 * $0 + 1].digest] }
        pictureTraits = used.flatMap { [found.entries[2 * $0].traits, found.entries[2 * $0 + 1].traits] }
            .compactMap { $0.flatMap { $0.isEmpty ? nil : $0 } }
        rows = try TableRows(table, numbers, pairs.map(\.row))
        self.pictures = pictures
        self.notes = notes
        var digests: [Digest] = []
        digests.reserveCapacity(pairs.count)
        for index in pairs.indices {
            digests.append(Self.item(index, pairs, rows, pictureDigests, table, columns).digest)
        }
        itemDigests = digests
        digest = .of(.dataset, digests)
        self.columns = columns
    }

    private let columns: PairColumns

    private static func problem(
        _ pair: PairSelection.Pair, _ pictures: TablePictures
    ) throws -> TablePairsProblem {
        for picture in [pair.image0, pair.image1] {
            do { _ = try pictures.decode(pictures.bytes(picture), picture) } catch let error as ImageError {
                return TablePairsProblem(row: pair.row, what: "\(error)")
            }
        }
        return TablePairsProblem(row: pair.row, what: "\(pictures.name(pair.image0)): could not be read before")
    }

    private static func item(
        _ index: Int, _ pairs: [PairSelection.Pair], _ rows: TableRows, _ digests: [Digest], _ table: Table,
        _ columns: PairColumns, digest: Digest? = nil
    ) -> PairItem {
        let pair = pairs[index]
        func name(_ picture: PairSelection.Picture) -> String {
            "\(picture.side == .image0 ? columns.image0 : columns.image1)[\(picture.row)]"
        }
        let (id, caption) = ("row-" + PaddedNumber.text(pair.row, digits: 7), rows.caption(index))
        let (score0, score1) = (rows.score(index, .image0), rows.score(index, .image1))
        guard let digest else {
            return PairItem(
                id: id, caption: caption, image0: name(pair.image0), image1: name(pair.image1),
                imageDigest0: digests[2 * index], imageDigest1: digests[2 * index + 1],
                label0: rows.labels[2 * index], label1: rows.labels[2 * index + 1], score0: score0, score1: score1)
        }
        return PairItem(
            id: id, caption: caption, image0: name(pair.image0), image1: name(pair.image1),
            imageDigest0: digests[2 * index], imageDigest1: digests[2 * index + 1], label0: rows.labels[2 * index],
            label1: rows.labels[2 * index + 1], score0: score0, score1: score1, digest: digest)
    }

    /// The pair at `index`, in `0..<count`; `id` is `row-` and the number of the row, from 0, with seven digits.
    package func item(at index: Int) -> PairItem {
        Self.item(index, pairs, rows, pictureDigests, pictures.table, columns, digest: itemDigests[index])
    }

    /// The row of the table that a pair is.
    package func row(at index: Int) -> Int { pairs[index].row }

    /// Stands for the numbers of the rows, in the order of the pairs; nil where every row but the refused ones is a pair, in
    /// the order of the table.
    package var rowsDigest: Digest? {
        let left = Set(refused.map(\.row))
        var all = (0..<pictures.table.rowCount).lazy.filter { !left.contains($0) }.makeIterator()
        if pairs.allSatisfy({ $0.row == all.next() }), all.next() == nil { return nil }
        // The canonical JSON of a list, without the list of its values.
        return .of(.document, "[\(pairs.map { "\($0.row)" }.joined(separator: ","))]")
    }

    /// One picture at its own size. - Throws: `FolderImageChanged`, `TableError`, `ImageError`.
    package func image(at index: Int, which: PairSide) throws -> Image? {
        let (bytes, picture) = try file(at: index, which: which)
        return try pictures.decode(bytes, picture)
    }

    /// One picture with the samples of its file. - Throws: `FolderImageChanged`, `TableError`, `ImageError`.
    package func storedPicture(at index: Int, which: PairSide) throws -> StoredPicture? {
        let (bytes, picture) = try file(at: index, which: which)
        return try pictures.decodeStored(bytes, picture)
    }

    /// The bytes of a picture's file, which must be those that were read before.
    private func file(
        at index: Int, which: PairSide
    ) throws -> (bytes: [UInt8], picture: PairSelection.Picture) {
        let picture = which == .image0 ? pairs[index].image0 : pairs[index].image1
        let bytes = try pictures.bytes(picture)
        let (expected, found) = (pictureDigests[2 * index + which.rawValue], Digest.of(.file, bytes))
        guard found == expected else {
            throw FolderImageChanged(
                file: pictures.name(picture), item: item(at: index).id, expected: expected, found: found)
        }
        return (bytes, picture)
    }

    /// One picture as planes in [-1, 1] (CHW): shorter side to `size` (Pillow's bilinear), then the middle square.
    /// - Throws: `FolderImageChanged`, `TableError`, `ImageError`.
    package func pixels(at index: Int, which: PairSide, size: Int) throws -> [Float] {
        guard let image = try image(at: index, which: which) else { return [] }
        return PicturePreparation.plain.planes(
            image, PicturePlacement(height: image.height, width: image.width, edge: size))
    }
}
