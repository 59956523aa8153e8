import Core

/// Scores as files, each under the digest of all that it follows from: the pixels that were looked at, the caption, the reward
/// model with its rules, and the contract.
package struct ScoreStore: Sendable {
    /// The folder.
    package let folder: String

    /// Scores in `folder`, which need not be there yet.
    package init(folder: String) { self.folder = folder }

    /// What a score follows from.
    package struct Key: Sendable {
        let object: JSONObject
        let digest: Digest

        /// A score of the pixels of that digest; `caption` is nil for a model that reads none.
        package init(pixels: Digest, caption: String?, reward: Digest) {
            var object: JSONObject = [
                "schema": 1, "contract": .string(Contract.standard.rawValue), "pixels": .digest(pixels),
                "reward": .digest(reward),
            ]
            object["caption"] = caption.map { .string($0) }
            (self.object, digest) = (object, .of(.document, .object(object)))
        }
    }

    private func path(_ key: Key) -> String { "\(folder)/\(key.digest.hex.prefix(2))/\(key.digest.hex).json" }

    /// Whether a score's file is there, whatever is in it.
    package func has(_ key: Key) -> Bool { FileContents.exists(path(key)) }

    private func content(_ key: Key, _ score: Float) -> JSONObject {
        var object = key.object
        object["score"] = .bits(score)
        return object
    }

    /// The score; nil where it is not there, or is damaged and so to be made again.
    /// - Throws: `FileError` for a file that is there and cannot be read.
    package func score(_ key: Key) throws -> Float? {
        let path = path(key)
        guard FileContents.exists(path) else { return nil }
        let bytes = try FileContents.read(path)
        guard case .object(let object)? = try? JSONValue.parse(bytes, file: path),
            let score = try? JSONCursor(object["score"], name: "score").floatBits(), score.isFinite
        else { return nil }
        var expected = content(key, score)
        expected["digest"] = .digest(.of(.document, .object(expected)))
        return object == expected ? score : nil
    }

    /// Keeps a score. - Throws: `FileError`.
    package func keep(_ score: Float, key: Key) throws {
        let path = path(key)
        var object = content(key, score)
        object["digest"] = .digest(.of(.document, .object(object)))
        try FileContents.makeFolder(AtomicFile.folder(of: path))
        try AtomicFile.write(JSONValue.object(object).pretty + "\n", to: path)
    }
}
