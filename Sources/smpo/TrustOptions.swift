import ArgumentParser
import Core

/// Whose signatures count.
struct TrustOptions: ParsableArguments {
    @OptionGroup var ring: KeyRing

    @Option(
        help: ArgumentHelp(
            "A public key (PEM) that counts as known, beside those in the folder. Repeatable.", valueName: "file"))
    var trust: [String] = []

    @Flag(help: "Demand a signature by a known key.")
    var requireSignature = false

    /// The same options for another command.
    var arguments: [String] {
        (ring.keys.map { ["--keys", $0] } ?? []) + trust.flatMap { ["--trust", $0] }
            + (requireSignature ? ["--require-signature"] : [])
    }

    /// The keys that count as known.
    func known() throws -> [VerifyingKey] {
        try ring.all().map(\.key) + trust.map { try VerifyingKey(path: $0) }
    }
}
