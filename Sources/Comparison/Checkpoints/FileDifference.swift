import Checkpoints
import Core

/// A file below a compared folder that was not read on at least one side, and what is known of it.
package struct FileDifference: Sendable, Equatable {
    /// The knowledge of a file that was not read.
    package enum Outcome: String, Sendable {
        /// It can hold weights, and whether they are the same is not known.
        case notCompared = "not compared"
        /// It can hold weights; its bytes are the same on both sides.
        case sameBytes = "same bytes"
        /// It holds no weights.
        case harmless
        /// The policy leaves it out, or `--only` everything that can be in it.
        case ignored
    }

    /// The sides that have the file.
    package enum Sides: String, Sendable {
        /// The left one.
        case a = "A"
        /// The right one.
        case b = "B"
        /// Both.
        case both = "A and B"
    }

    /// Its path below the folder.
    package let path: String
    /// The sides that have it.
    package let sides: Sides
    /// The knowledge of a file that was not read.
    package let outcome: Outcome
    /// The reason why it was not read.
    package let why: String

    /// The reason why it was not read, and the outcome, in words.
    package var text: String {
        outcome == .sameBytes ? "\(why); the bytes are the same" : why
    }

    /// The files of two checkpoints that were not read, those of unknown contents first, then by path.
    /// - Throws: `CheckpointError` where a file cannot be read byte by byte.
    static func all(_ left: [FolderFile], _ right: [FolderFile], policy: DifferencePolicy) throws -> [FileDifference] {
        let (a, b) = (left.filter { !$0.isRead }, right.filter { !$0.isRead })
        var result: [FileDifference] = []
        for file in a {
            // Of an adapter on its base one side may have two files of one path.
            let others = b.filter { utf8Equal($0.path, file.path) }
            let isPaired = others.count == 1 && a.filter { utf8Equal($0.path, file.path) }.count == 1
            result.append(try FileDifference(file, isPaired ? others[0] : nil, .a, policy))
        }
        for file in b where !result.contains(where: { $0.sides == .both && utf8Equal($0.path, file.path) }) {
            result.append(try FileDifference(file, nil, .b, policy))
        }
        let order: [Outcome] = [.notCompared, .sameBytes, .ignored, .harmless]
        return result.enumerated().sorted { x, y in
            let (p, q) = (order.firstIndex(of: x.element.outcome)!, order.firstIndex(of: y.element.outcome)!)
            if p != q { return p < q }
            return utf8Equal(x.element.path, y.element.path)
                ? x.offset < y.offset : utf8Less(x.element.path, y.element.path)
        }.map(\.element)
    }

    private init(_ file: FolderFile, _ other: FolderFile?, _ side: Sides, _ policy: DifferencePolicy) throws {
        path = file.path
        sides = other == nil ? side : .both
        let both = [file, other].compactMap { $0 }
        let unread = both.filter { $0.use == .unread }
        guard let first = unread.first else {
            let isIgnored = both.contains { $0.use == .ignored }
            outcome = isIgnored ? .ignored : .harmless
            why = isIgnored ? "left out by \"\(both.first { $0.use == .ignored }!.why)\"" : file.why
            return
        }
        guard policy.mayTake(fileAt: path) else {
            (outcome, why) = (.ignored, "no name in it can match --only")
            return
        }
        if let other, unread.count == 2, try FileBytes.areEqual(file.place, other.place) {
            (outcome, why) = (.sameBytes, first.why)
        } else {
            let bytes = unread.count == 2 ? "; the bytes differ" : ""
            (outcome, why) = (.notCompared, first.why + bytes)
        }
    }
}
