/// An input that is read today and of which a manifest of an older format has no digest: nothing says what it was when
/// the run was recorded.
package struct UnstatedInput: Error, Equatable, CustomStringConvertible {
    /// The manifest.
    package let file: String
    /// The input, as today's manifests name its digest.
    package let input: String

    /// One line.
    package var description: String {
        "\(file) has format 2 and no digest of \(input), which is read today: whether it is as it was when the run was "
            + "recorded cannot be told. Record the run anew"
    }
}
