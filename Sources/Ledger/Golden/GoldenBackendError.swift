/// A run that cannot become a golden one: another backend than the reference computed it, and other machines may
/// honestly come to other bits.
package struct GoldenBackendError: Error, Equatable, CustomStringConvertible {
    /// The golden folder that was to be written.
    package let folder: String
    /// The run.
    package let run: String
    /// The backend that it was recorded on.
    package let backend: String

    /// An error with all its parts.
    package init(folder: String, run: String, backend: String) {
        (self.folder, self.run, self.backend) = (folder, run, backend)
    }

    /// One line.
    package var description: String {
        "\(folder): \(run) cannot be golden: expected a run of the backend \(ManifestInputs.referenceBackend), found "
            + "\(backend), whose bits are those of one machine; record it again without `backend: \(backend)`"
    }
}
