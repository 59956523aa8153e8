import ArgumentParser
import Audit
import Core

/// How a task is told what its evidence has to be.
extension ExpectedRun {
    /// Reads words `NAME=DIGEST`; nil where there are none. - Throws: `ValidationError`.
    init?(_ words: [String]) throws {
        if words.isEmpty { return nil }
        var digests: [String: Digest] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let digest = Digest(hex: String(parts[1])) else {
                throw ValidationError("--expect: expected NAME=DIGEST, found \"\(word)\"")
            }
            digests[String(parts[0])] = digest
        }
        self.init(digests: digests)
    }

    /// The options by which a command is told of it.
    var arguments: [String] {
        digests.sorted { utf8Less($0.key, $1.key) }.flatMap { ["--expect", "\($0.key)=\($0.value.hex)"] }
    }
}
