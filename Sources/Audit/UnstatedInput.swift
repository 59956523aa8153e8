/// An input that is read today and of which a manifest of an older format has no digest: nothing says what it was when
/// the run was recorded.
public struct UnstatedInput: Error, Equatable, CustomStringConvertible {
    /// The manifest.
    public let file: String
    /// The input, as today's manifests name its digest.
    public let input: String

    /// One line.
    public var description: String {
        "\(file) has format 2 and no digest of \(input), which is read today: whether it is as it was when the run was "
            + "recorded cannot be told. Record the run anew"
    }
}
