/// Whether the UTF-8 bytes of `left` sort before those of `right`. Swift's own `<` compares Unicode-normalised forms.
public func utf8Less(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}

/// Whether two texts have the same UTF-8 bytes. Swift's own `==` also equates canonically equivalent texts.
public func utf8Equal(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
}
