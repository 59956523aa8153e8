import Core

/// The hashed record of one run, `Manifests/<run>.json`: what determines it, under what circumstances it ran, and what
/// came of it.
///
/// The file is pretty JSON; its member `digest` is SHA-256 in the domain `smpo/manifest/1` over the canonical form of
/// all other members, so layout does not matter and every value does.
package struct Manifest: Sendable, Equatable {
    /// The version of the file format that this code writes. It reads the one before too, which differs in that its
    /// outcome does not state the files of the model that the run hands over.
    package static let format: Int64 = 3
    private static let withoutFiles: Int64 = 2

    /// The name of the run: it is the file's name too.
    package var run: String
    /// All that determines the bits.
    package var inputs: ManifestInputs
    /// The circumstances of the recording, which must not matter.
    package var circumstances: ManifestCircumstances
    /// The result; `nil` before the run is finished.
    package var outcome: ManifestOutcome?

    /// A manifest with all its parts.
    package init(
        run: String, inputs: ManifestInputs, circumstances: ManifestCircumstances, outcome: ManifestOutcome? = nil
    ) {
        self.run = run
        self.inputs = inputs
        self.circumstances = circumstances
        self.outcome = outcome
    }

    /// The digest of everything in the manifest.
    package var digest: Digest { .of(.manifest, .object(body)) }

    /// The version of the file format that this manifest has.
    package var format: Int64 { outcome.map { $0.files == nil } == true ? Manifest.withoutFiles : Manifest.format }

    private var body: JSONObject {
        var object: JSONObject = [
            "format": .integer(format), "run": .string(run), "inputs": inputs.json,
            "circumstances": circumstances.json,
        ]
        object["outcome"] = outcome?.json
        return object
    }

    /// The JSON form with its digest.
    package var json: JSONValue {
        var object = body
        object["digest"] = .digest(digest)
        return .object(object)
    }

    /// Writes the file atomically. - Throws: `FileError`.
    package func write(to path: String) throws {
        try AtomicFile.write(json.pretty, to: path)
    }

    /// Reads a file and checks its digest before anything else.
    /// - Throws: `FileError` (unreadable), `JSONSyntaxError` and `JSONShapeError` (malformed), `ManifestFormatError`
    ///   (another version), `TamperError` (the digest does not hold, or the outcome's steps are not as many as the
    ///   recipe demands).
    package static func read(_ path: String) throws -> Manifest {
        try Manifest(json: JSONCursor(try JSONValue.read(path), name: "manifest", file: path))
    }

    /// Takes a parsed document and checks its digest before anything else.
    /// - Throws: `JSONShapeError`, `ManifestFormatError`, `TamperError`.
    package init(json cursor: JSONCursor) throws {
        var object = try cursor.object()
        let stated = try cursor["digest"].digest()
        object["digest"] = nil
        let computed = Digest.of(.manifest, .object(object))
        guard stated == computed else {
            let run = try? cursor["run"].string()
            throw TamperError(
                file: cursor.file, run: run, step: nil, field: "manifest.digest", expected: stated.hex,
                found: computed.hex)
        }
        let format = try cursor["format"].int64()
        guard format == Manifest.format || format == Manifest.withoutFiles else {
            throw ManifestFormatError(file: cursor.file, found: format)
        }
        try cursor.requireOnly(["circumstances", "digest", "format", "inputs", "outcome", "run"])
        self.init(
            run: try cursor["run"].string(), inputs: try ManifestInputs(json: cursor["inputs"]),
            circumstances: try ManifestCircumstances(json: cursor["circumstances"]),
            outcome: try cursor["outcome"].present.map { try ManifestOutcome(json: $0) })
        guard outcome == nil || self.format == format else {
            throw try cursor["outcome"]["files"].error(
                expected: format == Manifest.format
                    ? "an object, as format \(format) has" : "nothing in format \(format)",
                found: outcome?.files == nil ? "nothing" : "an object")
        }
        try outcome?.check(inputs, file: cursor.file, run: run)
    }
}

/// A manifest of a format version that this code does not read.
package struct ManifestFormatError: Error, Equatable, CustomStringConvertible {
    /// The file.
    package let file: String
    /// Its version.
    package let found: Int64

    /// One line.
    package var description: String {
        "\(file): manifest format \(found); this program reads formats 2 and \(Manifest.format)"
    }
}
