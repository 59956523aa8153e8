/// Memory, and what keeps it there.
package struct HeldBytes {
    /// The memory.
    package let bytes: UnsafeMutableRawBufferPointer
    private let owner: AnyObject?

    /// `bytes`, which are there as long as `owner` is.
    package init(_ bytes: UnsafeMutableRawBufferPointer, of owner: AnyObject? = nil) {
        (self.bytes, self.owner) = (bytes, owner)
    }
}
