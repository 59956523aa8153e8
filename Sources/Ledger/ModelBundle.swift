import Core
import Foundation

/// The signature of a model's folder in the format of OpenSSF Model Signing 1.0 (method `key`, ECDSA P-256, `files`): a
/// Sigstore bundle whose statement lists every file with its SHA-256. `model-signing` from PyPI reads and writes the
/// same.
package enum ModelBundle {
    /// The file's usual name, inside the folder.
    package static let fileName = "model.sig"

    private static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
    private static let predicateType = "https://model_signing/signature/v1.0"

    /// Signs all files below `folder` except the bundle itself. Links are signed as the files they lead to in a
    /// snapshot of the hub's client, where they stay inside its repository (`HubRepository`).
    /// - Throws: `KeyError` for a key of another kind, `FileError`, `TamperError` for any other link.
    package static func sign(folder: String, key: SigningKey, to path: String) throws {
        guard key.kind == .p256 else {
            throw KeyError(
                key: "\(key)", reason: "expected a P-256 key for a model's bundle; `smpo keys generate --type p256`")
        }
        let ignored = relative(path, to: folder)
        let (files, hasLinks) = try listing(folder, ignoring: ignored, allowsLinks: true)
        let envelope = Envelope(
            statement(folder: folder, files, ignoring: ignored, hasLinks: hasLinks).canonicalBytes, by: [key])
        let bundle: JSONValue = [
            "mediaType": .string(mediaType),
            "verificationMaterial": [
                "publicKey": ["hint": .digest(.sha256(key.verifyingKey.pem))], "tlogEntries": [],
            ],
            "dsseEnvelope": envelope.json,
        ]
        try AtomicFile.write(bundle.pretty, to: path)
    }

    /// Checks the signature, and every file against the statement: none changed, none missing, none too many.
    /// Gives the key that has signed, nil when none of `keys` has.
    /// - Throws: `TamperError`, `FileError`.
    package static func verify(_ path: String, folder: String, keys: [VerifyingKey]) throws -> VerifyingKey? {
        func fault(_ file: String, _ field: String, _ expected: String, _ found: String) -> TamperError {
            TamperError(file: file, run: nil, step: nil, field: field, expected: expected, found: found)
        }
        let contents: Contents
        do {
            contents = try Contents(JSONCursor(try JSONValue.read(path), name: "bundle", file: path))
        } catch let error as FileError {
            throw error
        } catch {
            throw fault(path, "the bundle", "one of OpenSSF Model Signing 1.0", "\(error)")
        }
        guard let signer = contents.envelope.signers(among: keys).first else {
            // A key that the bundle names is known but has not signed this.
            if let key = keys.first(where: { Digest.sha256($0.pem).hex == contents.hint }) {
                throw fault(path, "signature", "one by \(key)", "one that does not hold")
            }
            return nil
        }
        let ignored = contents.ignored + relative(path, to: folder)
        let listed = try listing(folder, ignoring: ignored, allowsLinks: contents.allowsLinks).files
        let found = Dictionary(uniqueKeysWithValues: listed)
        for (name, digest) in contents.files where found[name] != digest {
            throw fault("\(folder)/\(name)", "digest", digest.hex, found[name]?.hex ?? "no such file")
        }
        let names = Set(contents.files.map(\.name))
        if let extra = found.keys.filter({ !names.contains($0) }).sorted(by: utf8Less).first {
            throw fault(
                "\(folder)/\(extra)", "presence", "only the \(names.count) files of the statement", "one more")
        }
        return signer
    }

    /// The contents of a bundle, its own root over the files' digests checked, its signature not yet.
    private struct Contents {
        let envelope: Envelope
        /// SHA-256 of the public key's PEM, for finding the key.
        let hint: String?
        let files: [(name: String, digest: Digest)]
        let ignored: [String]
        /// Whether links were followed when it was made.
        let allowsLinks: Bool

        init(_ bundle: JSONCursor) throws {
            guard try bundle["mediaType"].string() == mediaType else {
                throw try bundle["mediaType"].error(expected: mediaType)
            }
            hint = try? bundle["verificationMaterial"]["publicKey"]["hint"].string()
            envelope = try Envelope(json: bundle["dsseEnvelope"])
            let payload = try JSONValue.parse(envelope.payload, file: bundle.file)
            let statement = JSONCursor(payload, name: "statement", file: bundle.file)
            guard try statement["predicateType"].string() == predicateType,
                envelope.payloadType == Envelope.statementType
            else { throw try statement["predicateType"].error(expected: predicateType) }
            let form = try statement["predicate"]["serialization"]
            guard try form["method"].string() == "files", try form["hash_type"].string() == "sha256" else {
                throw form.error(expected: "method files, hash_type sha256", found: "another serialization")
            }
            ignored = try form["ignore_paths"].present?.elements().map { try $0.string() } ?? []
            allowsLinks = try form["allow_symlinks"].present?.bool() ?? false
            files = try statement["predicate"]["resources"].elements().map { resource in
                guard try resource["algorithm"].string() == "sha256" else {
                    throw try resource["algorithm"].error(expected: "sha256")
                }
                return (try resource["name"].string(), try resource["digest"].digest())
            }
            let root = try statement["subject"].elements().map { try $0["digest"]["sha256"].digest() }
            let expected = rootDigest(files.map(\.digest))
            guard root == [expected] else {
                throw try statement["subject"].error(expected: expected.hex, found: "\(root)")
            }
        }
    }

    private static func statement(
        folder: String, _ files: [(String, Digest)], ignoring ignored: [String], hasLinks: Bool
    ) -> JSONValue {
        let name = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
        return [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                ["name": .string(name), "digest": ["sha256": .digest(rootDigest(files.map(\.1)))]]
            ],
            "predicateType": .string(predicateType),
            "predicate": [
                "serialization": [
                    "method": "files", "hash_type": "sha256", "allow_symlinks": .bool(hasLinks),
                    "ignore_paths": .array(ignored.map { .string($0) }),
                ],
                "resources": .array(
                    files.map { ["name": .string($0), "algorithm": "sha256", "digest": .digest($1)] }),
            ],
        ]
    }

    /// SHA-256 over the files' digests in their order.
    private static func rootDigest(_ digests: [Digest]) -> Digest { .sha256(digests.flatMap(\.bytes)) }

    /// All files below a folder with their SHA-256, ordered by the parts of their paths.
    private static func listing(
        _ folder: String, ignoring: [String], allowsLinks: Bool
    ) throws -> (files: [(String, Digest)], hasLinks: Bool) {
        var result: [(parts: [String], digest: Digest)] = []
        var hasLinks = false
        let repository = HubRepository(holding: folder)
        func visit(_ parts: [String]) throws {
            let path = ([folder] + parts).joined(separator: "/")
            let relative = parts.joined(separator: "/")
            guard !ignoring.contains(relative) else { return }
            var status = stat()
            guard lstat(path, &status) == 0 else { throw FileError(operation: "open", path: path, code: errno) }
            if status.st_mode & S_IFMT == S_IFLNK, allowsLinks, let repository, repository.holds(path),
                stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG
            {
                hasLinks = true
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                for name in try FileManager.default.contentsOfDirectory(atPath: path) { try visit(parts + [name]) }
            case S_IFREG:
                var stream = SHA256Stream()
                try FileContents.forEachBlock(of: path) { stream.update($0) }
                result.append((parts, stream.finalize()))
            default:
                throw TamperError(
                    file: path, run: nil, step: nil, field: "kind",
                    expected: "a file, a folder, or a link within the repository of a hub's snapshot",
                    found: "another link, or a device")
            }
        }
        try visit([])
        result.sort { $0.parts.lexicographicallyPrecedes($1.parts, by: utf8Less) }
        return (result.map { ($0.parts.joined(separator: "/"), $0.digest) }, hasLinks)
    }

    /// The path of a file below a folder; none for one elsewhere.
    private static func relative(_ path: String, to folder: String) -> [String] {
        let file = URL(fileURLWithPath: path).standardizedFileURL.path
        let base = URL(fileURLWithPath: folder).standardizedFileURL.path + "/"
        return file.hasPrefix(base) ? [String(file.dropFirst(base.count))] : []
    }
}
