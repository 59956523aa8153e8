/// A run that cannot become a golden one: another backend than the reference computed it, and other machines may
/// honestly come to other bits.
public struct GoldenBackendError: Error, Equatable, CustomStringConvertible {
    /// The golden folder that was to be written.
    public let folder: String
    /// The run.
    public let run: String
    /// The backend that it was recorded on.
    public let backend: String

    /// An error with all its parts.
    public init(folder: String, run: String, backend: String) {
        (self.folder, self.run, self.backend) = (folder, run, backend)
    }

    /// One line.
    public var description: String {
        "\(folder): \(run) cannot be golden: expected a run of the backend \(ManifestInputs.referenceBackend), found "
            + "\(backend), whose bits are those of one machine; record it again without `backend: \(backend)`"
    }
}
