import Checkpoints
import Core

/// Finds tensors of one content under two names.
struct ContentMatching {
    let scan: PairScan

    /// A sample that tensors of one content share, and few others: type, shape and some of the bytes.
    private struct Sample: Hashable {
        let type: ElementType
        let shape: [Int]
        let bytes: [UInt8]

        /// The most bytes that are taken: all of a tensor that has no more.
        private static let size = 512

        /// Whether tensors with this sample are equal.
        let isWhole: Bool

        /// Eight pieces of 64 bytes, spread over the tensor, or all of it.
        init(_ tensor: CheckpointTensor) throws {
            type = tensor.type
            shape = tensor.shape
            let (contents, size, length) = (try tensor.bytes(), tensor.byteCount, min(64, tensor.byteCount))
            isWhole = size <= Self.size
            guard !isWhole else {
                bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                    if let base = buffer.baseAddress, size > 0 { try contents.read(0..<size, into: base) }
                    count = size
                }
                return
            }
            bytes = try [UInt8](unsafeUninitializedCapacity: 8 * length) { buffer, count in
                for piece in 0..<8 where length > 0 {
                    let start = (size - length) / 7 * piece
                    try contents.read(start..<start + length, into: buffer.baseAddress! + piece * length)
                }
                count = 8 * length
            }
        }
    }

    /// Pairs places in `left` with places in `right` whose type, shape and bytes are equal, each used once. Of several
    /// the one whose name ends most alike is taken.
    /// - Throws: what reading throws.
    func match(_ left: [CheckpointTensor], _ right: [CheckpointTensor]) throws -> [(left: Int, right: Int)] {
        guard !left.isEmpty, !right.isEmpty else { return [] }
        var free: [Sample: [Int]] = [:]
        for (place, tensor) in right.enumerated() { free[try Sample(tensor), default: []].append(place) }
        let names = right.map { Array($0.name.utf8) }
        var result: [(left: Int, right: Int)] = []
        for (place, tensor) in left.enumerated() {
            let sample = try Sample(tensor)
            guard let same = free[sample], !same.isEmpty else { continue }
            let name = Array(tensor.name.utf8)
            var candidates = same.map { (place: $0, common: Self.commonEnd(names[$0], name)) }
            while let best = Self.best(candidates) {
                let candidate = candidates.remove(at: best).place
                if !sample.isWhole, try scan.differing([TensorPair(left: tensor, right: right[candidate])])[0] {
                    continue
                }
                result.append((place, candidate))
                free[sample]!.removeAll { $0 == candidate }
                break
            }
        }
        return result
    }

    /// The place of the first of those with the longest common end.
    private static func best(_ candidates: [(place: Int, common: Int)]) -> Int? {
        var best: Int?
        for index in candidates.indices where best.map({ candidates[$0].common < candidates[index].common }) ?? true {
            best = index
        }
        return best
    }

    /// Bytes that two names have in common at their ends.
    static func commonEnd(_ a: [UInt8], _ b: [UInt8]) -> Int {
        let most = min(a.count, b.count)
        var common = 0
        while common < most, a[a.count - 1 - common] == b[b.count - 1 - common] { common += 1 }
        return common
    }

    /// The prefixes by which all names differ, where one pair of prefixes explains them all.
    static func commonRule(_ renames: [(from: String, to: String)]) -> (from: String, to: String)? {
        func rule(_ rename: (from: String, to: String)) -> (from: String, to: String) {
            let (from, to) = (Array(rename.from.utf8), Array(rename.to.utf8))
            var common = commonEnd(from, to)
            // The common end begins behind a dot or slash, or is the whole name.
            func isBoundary(_ name: [UInt8]) -> Bool {
                common == name.count || [UInt8(ascii: "."), UInt8(ascii: "/")].contains(name[name.count - common - 1])
            }
            while common > 0, !(isBoundary(from) && isBoundary(to)) { common -= 1 }
            return (
                String(decoding: from.dropLast(common), as: UTF8.self),
                String(decoding: to.dropLast(common), as: UTF8.self)
            )
        }
        guard renames.count > 1, let first = renames.first.map(rule) else { return nil }
        return renames.allSatisfy { rule($0) == first } ? first : nil
    }
}
