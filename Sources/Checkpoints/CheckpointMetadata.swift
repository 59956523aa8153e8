import Core

extension Checkpoint {
    /// Refuses texts of which two have one key; the containers whose keys are made of several places use it.
    /// - Throws: `CheckpointError` (`duplicateName`).
    static func requireDistinctKeys(_ metadata: [(key: String, value: String)], file: String) throws {
        let keys = metadata.map(\.key).sorted(by: utf8Less)
        for (left, right) in zip(keys, keys.dropFirst()) where utf8Equal(left, right) {
            throw CheckpointError(
                .duplicateName, file: file, "two values have one key", found: "\"\(ForeignText.shown(left))\"")
        }
    }
}
