/// Looking up names in byte order of their UTF-8.
package enum NameOrder {
    /// The place of `name` among `count` ascending names, of which `name(at:)` gives each; `nil` where it is not there.
    package static func place(of name: String, count: Int, _ nameAt: (Int) -> String) -> Int? {
        var range = 0..<count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            if utf8Less(nameAt(middle), name) {
                range = (middle + 1)..<range.upperBound
            } else {
                range = range.lowerBound..<middle
            }
        }
        return range.lowerBound < count && utf8Equal(nameAt(range.lowerBound), name) ? range.lowerBound : nil
    }
}
