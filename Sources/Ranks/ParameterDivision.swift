/// Which rank adds up the gradients of which parameters: contiguous runs of whole parameters, of about as many bytes each.
package struct ParameterDivision: Sendable {
    /// The parameters of each rank.
    package let owned: [Range<Int>]

    /// Parameters of `bytes` each, divided among `ranks`: a parameter belongs to the rank in whose share its middle lies.
    package init(bytes: [Int], ranks: Int) {
        let total = bytes.reduce(0, +)
        var (ends, at) = ([Int](repeating: 0, count: ranks), 0)
        for (index, count) in bytes.enumerated() {
            let owner = total == 0 ? 0 : min((2 * at + count) * ranks / (2 * total), ranks - 1)
            ends[owner] = index + 1
            at += count
        }
        var from = 0
        owned = ends.map { end in
            let end = max(from, end)
            defer { from = end }
            return from..<end
        }
    }
}
