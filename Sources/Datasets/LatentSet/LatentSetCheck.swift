import Compute
import Core
import Foundation

extension LatentSet {
    /// The path of the set's `pairs.jsonl`.
    var pairsPath: String { "\(folder)/\(FolderPairs.listName)" }

    /// Holds `pairs.jsonl` against the list. - Throws: `LatentSetChanged`; `FileError` where it cannot be read.
    package func requirePairs() throws {
        let found = try Digest.file(pairsPath)
        guard found == pairs else {
            throw LatentSetChanged(file: pairsPath, row: nil, what: "pairs", expected: pairs, found: found)
        }
    }

    /// Reads every row and holds it against its digest, and the digests against the list; and the pairs that the rows were
    /// made of against those of `dataset`. - Throws: `LatentSetChanged`, `CheckpointError`.
    package func requireIntact(_ dataset: any PreferenceDataset, _ captions: LatentSetCaptions?) throws {
        for place in 0..<layout.rows(.texts) {
            guard let captions else { preconditionFailure("a set with text states") }
            _ = try states(at: place, of: captions.texts[place])
        }
        for index in 0..<layout.pairs {
            let (row, item) = (try row(at: index), dataset.item(at: index))
            guard row.item == item.digest, row.caption == captions?.place(of: item.caption) else {
                let file = layout.file(.pairs, of: index)
                throw LatentSetChanged(
                    file: "\(folder)/\(file.name)", row: index - file.rows.lowerBound, what: "items, captions",
                    expected: item.digest, found: row.item)
            }
        }
    }

    /// Takes the set's files away, and the folder where nothing else is in it. - Throws: `FileError`.
    package func remove() throws {
        // The list first: files that are left of a set are none without it.
        let names = [LatentSet.listName, FolderPairs.listName] + layout.files.map(\.name)
        try FileContents.remove(names.map { "\(folder)/\($0)" })
        if try FileContents.names(in: folder).isEmpty { rmdir(folder) }
    }

    /// A row that was made again.
    package struct Remake: Sendable {
        /// What it is of: the pair's name, or the caption.
        package let name: String
        /// The tensors that came out with other bits.
        package let different: [String]
    }

    /// Makes the pair at `index` again and compares all bits.
    package func remake(pair index: Int, of item: PairItem, by maker: any LatentMaker) throws -> Remake {
        let row = try row(at: index)
        var different: [String] = row.item == item.digest ? [] : ["items"]
        for (side, (old, new)) in zip(PairSide.allCases, zip(row.pictures, try maker.encoded(at: index))) {
            if new.latent.copiedBytes != old.latent.copiedBytes { different.append(LatentPairs.name(side)) }
            if new.frame != old.frame { different.append("frames[\(side.rawValue)]") }
            if new.isFlipped != old.isFlipped { different.append("flips[\(side.rawValue)]") }
        }
        return Remake(name: item.id, different: different)
    }

    /// Makes the states of the caption at `place` again and compares all bits.
    package func remake(caption: String, at place: Int, by maker: any LatentMaker) throws -> Remake {
        let (old, new) = (try states(at: place, of: caption), try maker.states([caption]))
        var different: [String] = []
        if new.context.copiedBytes != old.context.copiedBytes { different.append("context") }
        if new.pooled?.copiedBytes != old.pooled?.copiedBytes { different.append("pooled") }
        return Remake(name: "\"\(caption)\"", different: different)
    }
}
