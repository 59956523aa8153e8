import Foundation

/// Whether the UTF-8 bytes of `left` sort before those of `right`. Swift's own `<` compares Unicode-normalised forms.
package func utf8Less(_ left: String, _ right: String) -> Bool {
    withBytes(left, right) { left, right in
        let order = memcmp(left.baseAddress!, right.baseAddress!, min(left.count, right.count))
        return order != 0 ? order < 0 : left.count < right.count
    } ?? left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// Whether two texts have the same UTF-8 bytes. Swift's own `==` also equates canonically equivalent texts.
package func utf8Equal(_ left: String, _ right: String) -> Bool {
    withBytes(left, right) { left, right in
        left.count == right.count && memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
    } ?? left.utf8.elementsEqual(right.utf8)
}

/// Native strings hold their bytes in one piece; an empty one may have no address.
private func withBytes(
    _ left: String, _ right: String, _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
) -> Bool? {
    left.utf8.withContiguousStorageIfAvailable { left in
        right.utf8.withContiguousStorageIfAvailable { right in
            left.baseAddress == nil || right.baseAddress == nil ? nil : body(left, right)
        } ?? nil
    } ?? nil
}
