extension Range<Int> {
    /// The range in parts of `size`, the last of which may be smaller; in one where that is nil.
    func cut(into size: Int?) -> [Range<Int>] {
        guard let size else { return isEmpty ? [] : [self] }
        return stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min(upperBound, $0 + size) }
    }
}
