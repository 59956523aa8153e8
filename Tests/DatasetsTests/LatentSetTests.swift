import Checkpoints
import Compute
import Core
import Foundation
import SeededRandom
import Testing

@testable import Datasets

/// Sets of latents and text states: what is written, by whom, and what is noticed of a set that was changed.
@Suite struct LatentSetTests {
    private struct Stopped: Error {}

    @Test func aSetReadsBackAsItWasMade() throws {
        try LatentSetSample.with { folder in
            let sample = try LatentSetSample(folder)
            let made = try sample.make()
            let set = try LatentSet.load(folder: folder)
            #expect(set.digest == made.digest && set.layout == sample.layout && set.source == sample.source)
            let names = try FileContents.names(in: folder)
            #expect(names.filter { $0.hasPrefix("pairs-") }.count == 3)
            let captions = try #require(sample.captions)
            #expect(captions.texts[0].isEmpty && Set(captions.texts).count == captions.texts.count)
            for index in 0..<sample.pairs.count {
                let (row, item) = (try set.row(at: index), sample.pairs.item(at: index))
                let place = try #require(row.caption)
                #expect(row.item == item.digest && captions.texts[place] == item.caption)
                for side in PairSide.allCases {
                    let (found, expected) = (
                        row.pictures[side.rawValue], sample.maker.encoded(at: index, which: side)
                    )
                    #expect(found.latent.floats == expected.latent.floats)
                    #expect(found.frame == expected.frame && found.isFlipped == expected.isFlipped)
                }
            }
            for (place, caption) in captions.texts.enumerated() {
                let (found, expected) = (try set.states(at: place, of: caption), try sample.maker.states([caption]))
                #expect(found.context.floats == expected.context.floats && found.context.shape == [1, 3, 5])
                #expect(found.pooled?.floats == expected.pooled?.floats)
            }
        }
    }

    /// Any order, any process, a start again after any file: the bytes are those of one process that was never stopped.
    @Test func whoMakesTheFilesLeavesNoTrace() throws {
        try LatentSetSample.with { folder in
            let sample = try LatentSetSample(folder)
            let set = try sample.make()
            let expected = try sample.bytes()
            try LatentSetSample.with { other in
                let again = try LatentSetSample(other)
                try FileContents.makeFolder(other)
                let files = again.layout.files
                #expect(try again.writer.missing() == files)
                try again.writer.write(files[files.count - 1], by: again.maker)
                // A process that is stopped in the middle of a file leaves nothing of it.
                var rows = 0
                #expect(throws: Stopped.self) {
                    try again.writer.write(files[0], by: again.maker) {
                        rows += 1
                        if rows == 2 { throw Stopped() }
                    }
                }
                #expect(try FileContents.names(in: other) == [files[files.count - 1].name])
                // One that was cut, by whatever, is made again.
                try AtomicFile.write([UInt8](expected[files[1].name]!.dropLast(9)), to: "\(other)/\(files[1].name)")
                #expect(try again.writer.missing() == Array(files.dropLast()))
                #expect(try again.writer.present() == nil)
                for file in try again.writer.missing().reversed() { try again.writer.write(file, by: again.maker) }
                #expect(try again.writer.finish().digest == set.digest)
                #expect(try again.bytes() == expected)
                #expect(try again.writer.present()?.digest == set.digest)
            }
        }
    }

    /// Whatever byte is changed, a value that was not made is never given out.
    @Test func noChangedByteGoesUnnoticed() throws {
        try LatentSetSample.with { folder in
            let sample = try LatentSetSample(folder)
            try sample.make()
            let captions = try #require(sample.captions)
            func values() throws -> [UInt8] {
                let set = try LatentSet.load(folder: folder)
                var values = set.digest.bytes
                for index in 0..<sample.pairs.count {
                    let row = try set.row(at: index)
                    for picture in row.pictures {
                        values += picture.latent.copiedBytes
                        values += [picture.frame.height, picture.frame.top, picture.frame.left].littleEndianBytes
                        values.append(picture.isFlipped ? 1 : 0)
                    }
                    values += row.item.bytes + [row.caption ?? -1].littleEndianBytes
                }
                for (place, caption) in captions.texts.enumerated() {
                    let states = try set.states(at: place, of: caption)
                    values += states.context.copiedBytes + (states.pooled?.copiedBytes ?? [])
                }
                return values
            }
            let expected = try values()
            var random = SplitMix(state: 20)
            var noticed = 0
            for (name, bytes) in try sample.bytes().sorted(by: { $0.key < $1.key }) where name != "pairs.jsonl" {
                for round in 0..<40 {
                    var damaged = bytes
                    switch round % 4 {
                    case 0: damaged.removeLast(Int.random(in: 1...bytes.count, using: &random))
                    case 1: damaged.append(0)
                    default:
                        damaged[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(
                            in: 1...255, using: &random)
                    }
                    try AtomicFile.write(damaged, to: "\(folder)/\(name)")
                    if let found = try? values() { #expect(found == expected, "\(name)") } else { noticed += 1 }
                }
                try AtomicFile.write(bytes, to: "\(folder)/\(name)")
            }
            #expect(noticed > 200)
        }
    }

    /// A latent and its digest changed together: the list's digest of the file tells.
    @Test func aLatentWithItsDigestIsNoticed() throws {
        try LatentSetSample.with { folder in
            let sample = try LatentSetSample(folder)
            let set = try sample.make()
            let path = "\(folder)/pairs-000001.safetensors"
            let file = try Checkpoint(safetensors: path)
            let metadata = Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) })
            func write(_ change: (inout [Float]) -> Void, digests change2: (inout [UInt8], [Float]) -> Void) throws {
                var tensors = try file.names.map { ($0, try file.tensor(named: $0).copy()) }
                let place = try #require(tensors.firstIndex { $0.0 == "latents_1" })
                var values = tensors[place].1.floats
                change(&values)
                tensors[place].1 = Tensor(values, shape: [4, 2, 4, 4])
                let last = try #require(tensors.firstIndex { $0.0 == "digests" })
                var bytes = tensors[last].1.copiedBytes
                change2(&bytes, values)
                tensors[last].1 = Tensor(bytes: bytes, shape: [4, 3, 32], dtype: .u8)
                try Safetensors.write(tensors: tensors, metadata: metadata, to: path)
            }
            try write({ $0[2 * 32 + 5].negate() }, digests: { _, _ in })
            let alone = try #require(throws: LatentSetChanged.self) { try set.latent(at: 6, which: .image1) }
            #expect(alone.row == 2 && alone.file == path && alone.what == "latents_1", "\(alone)")
            #expect(try set.latent(at: 6, which: .image0).count == 32)
            #expect(try set.latent(at: 5, which: .image1).count == 32)
            try write({ $0[2 * 32 + 5].negate() }) { bytes, values in
                let latent = Tensor(Array(values[64..<96]), shape: [2, 4, 4])
                bytes.replaceSubrange((2 * 3 + 1) * 32..<(2 * 3 + 2) * 32, with: LatentRow.digest(of: latent).bytes)
            }
            let both = try #require(throws: LatentSetChanged.self) { try set.latent(at: 6, which: .image1) }
            #expect(both.row == nil && both.file == path && both.what == "digests")
        }
    }

    /// A set whose digests fit together, and whose row names a caption that there is not: an error, not an end of the program.
    @Test func aCaptionBeyondTheTextsIsRefused() throws {
        try LatentSetSample.with { folder in
            let sample = try LatentSetSample(folder)
            let set = try sample.make()
            let path = "\(folder)/pairs-000000.safetensors"
            let file = try Checkpoint(safetensors: path)
            var tensors = try file.names.map { ($0, try file.tensor(named: $0).copy()) }
            func change(_ name: String, _ body: (inout [UInt8]) -> Void) throws {
                let place = try #require(tensors.firstIndex { $0.0 == name })
                var bytes = tensors[place].1.copiedBytes
                body(&bytes)
                tensors[place].1 = Tensor(bytes: bytes, shape: tensors[place].1.shape, dtype: tensors[place].1.dtype)
            }
            let facts = try set.facts(at: 0)
            let digest = LatentRow.facts(item: facts.item, frames: facts.frames, flips: facts.flips, caption: 99)
            try change("captions") { $0[0] = 99 }
            try change("digests") { $0.replaceSubrange(64..<96, with: digest.bytes) }
            try Safetensors.write(
                tensors: tensors,
                metadata: Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) }), to: path)
            var files: [LatentSetFile.Kind: [Digest]] = [:]
            for kind in LatentSetFile.Kind.allCases {
                files[kind] = try set.layout.files(kind).map {
                    try LatentSetRows($0, in: folder, key: set.key, layout: set.layout).digest
                }
            }
            let forged = LatentSet(
                folder: folder, source: set.source, layout: set.layout, files: files, pairs: set.pairs)
            try AtomicFile.write(forged.list, to: "\(folder)/latents.json")
            let error = try #require(throws: LatentSetChanged.self) {
                try LatentSet.load(folder: folder).facts(at: 0)
            }
            #expect(error.what == "captions" && error.row == 0 && error.found == "99", "\(error)")
        }
    }

    /// A file that was cut, or that is none of a set, is named as a changed one; one that is gone cannot be read.
    @Test func aDamagedFileIsNamed() throws {
        try LatentSetSample.with { folder in
            let set = try LatentSetSample(folder).make()
            let path = "\(folder)/pairs-000001.safetensors"
            let bytes = try FileContents.read(path)
            for damaged in [Array(bytes.dropLast(9)), Array(bytes.prefix(5)), Array("no weights".utf8)] {
                try AtomicFile.write(damaged, to: path)
                let error = try #require(throws: LatentSetChanged.self) { try set.row(at: 5) }
                #expect(error.file == path && error.row == nil && "\(error)".contains("smpo data encode"), "\(error)")
            }
            try FileContents.remove([path])
            let gone = try #require(throws: CheckpointError.self) { try set.row(at: 5) }
            #expect(gone.kind == .unreadable)
            #expect(try set.row(at: 3).pictures.count == 2)
        }
    }

    /// Sizes and crops of pictures reach SDXL's network, and are in no item: the set's digest stands for them.
    @Test func whatIsBesideTheLatentsHasADigest() throws {
        try LatentSetSample.with { folder in
            var sample = try LatentSetSample(folder)
            try sample.make()
            let first = try LatentPairs.load(folder: folder)
            try LatentSet.load(folder: folder).remove()
            #expect(!FileContents.exists(folder))
            sample.maker.height = 21
            try sample.make()
            let second = try LatentPairs.load(folder: folder)
            #expect(first.digest == second.digest && first.setDigest != nil && first.setDigest != second.setDigest)
            #expect(try second.frame(at: 0, which: .image0, size: 32).height == 21)
        }
    }

    @Test func anotherSourceIsAnotherSet() throws {
        try LatentSetSample.with { folder in
            var sample = try LatentSetSample(folder)
            try sample.make()
            sample.source.model["model/vae"] = Digest.of(.file, "another")
            let whole = try #require(throws: LatentSetMismatch.self) { try sample.writer.present() }
            #expect("\(whole)".contains("model/vae") && "\(whole)".contains("--replace"))
            try FileContents.remove(["\(folder)/latents.json"])
            let begun = try #require(throws: LatentSetMismatch.self) { try sample.writer.missing() }
            #expect(begun.what == "texts-000000.safetensors")
        }
    }

    @Test func runawayNumbersAreRefusedWithTheirPair() throws {
        try LatentSetSample.with { folder in
            var sample = try LatentSetSample(folder)
            sample.maker.broken = 5
            let error = try #require(throws: CheckpointError.self) { try sample.make() }
            #expect(error.kind == .nonFinite && "\(error)".contains(sample.pairs.item(at: 5).id), "\(error)")
            #expect(!LatentSet.isThere(folder))
            #expect(try !FileContents.names(in: folder).contains("pairs-000001.safetensors"))
        }
    }

    /// A set is a folder of latents too, with the digests that its latents have in one file.
    @Test(arguments: [true, false]) func aSetIsReadAsPairsOfLatents(texts: Bool) throws {
        try LatentSetSample.with { folder in
            let sample = try LatentSetSample(folder, texts: texts)
            let set = try sample.make()
            let pairs = try LatentPairs.load(folder: folder)
            #expect(pairs.count == 11 && pairs.channels == 2 && pairs.size == 4)
            try LatentSetSample.with { other in
                try FileContents.makeFolder(other)
                try Safetensors.write(
                    tensors: try PairSide.allCases.map { side in
                        let values = try (0..<11).flatMap { try set.latent(at: $0, which: side).floats }
                        return (LatentPairs.name(side), Tensor(values, shape: [11, 2, 4, 4]))
                    }, to: "\(other)/latents.safetensors")
                try AtomicFile.write(FileContents.read("\(folder)/pairs.jsonl"), to: "\(other)/pairs.jsonl")
                let single = try LatentPairs.load(folder: other)
                #expect(single.digest == pairs.digest && single.items == pairs.items && single.setDigest == nil)
                #expect(
                    try single.pixels(at: 7, which: .image1, size: 4) == pairs.pixels(at: 7, which: .image1, size: 4))
            }
            for index in 0..<11 {
                let (item, own) = (pairs.item(at: index), sample.pairs.item(at: index))
                #expect(item.caption == own.caption && item.score0 == own.score0 && item.label1 == own.label1)
            }
            try AtomicFile.write("{}\n", to: "\(folder)/pairs.jsonl")
            #expect(throws: LatentSetChanged.self) { try LatentPairs.load(folder: folder) }
        }
    }

    @Test func aSampleIsMadeAgain() throws {
        try LatentSetSample.with { folder in
            let sample = try LatentSetSample(folder)
            let (set, captions) = (try sample.make(), try #require(sample.captions))
            var other = sample.maker
            for index in [0, 6, 10] {
                #expect(try set.remake(pair: index, of: sample.pairs.item(at: index), by: other).different.isEmpty)
            }
            #expect(try set.remake(caption: captions.texts[3], at: 3, by: other).different.isEmpty)
            other.seed = 2
            let pair = try set.remake(pair: 6, of: sample.pairs.item(at: 6), by: other)
            #expect(pair.different == ["latents_0", "latents_1"] && pair.name == sample.pairs.item(at: 6).id)
            #expect(try set.remake(caption: captions.texts[3], at: 3, by: other).different == ["context", "pooled"])
        }
    }
}
