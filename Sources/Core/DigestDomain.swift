/// What a digest is a digest of. Every domain-separated digest is
/// `SHA-256(domain name as UTF-8, one 0x00 byte, payload)`, so equal payloads of two kinds never have equal digests.
///
/// By hand: `(printf 'smpo/file/1\0'; cat FILE) | sha256sum`.
///
/// Two kinds carry no name: the nodes of a Merkle tree, whose tags are the bytes 0x00 and 0x01 of RFC 6962, and the
/// plain `Digest.sha256`. Every name begins with `s` (0x73), so neither tag byte can begin a named payload.
/// The number at the end of a name is the version of the payload's encoding.
package enum DigestDomain: String, Sendable, CaseIterable {
    /// One tensor: name, dtype, shape, bytes (`Digest.tensor`).
    case tensor = "smpo/tensor/1"
    /// The start of a run's chain: the digest of the manifest's inputs.
    case chainStart = "smpo/chain-start/1"
    /// A link of a run's chain: the head before it and a step record's digest.
    case chainLink = "smpo/chain-link/1"
    /// The canonical JSON of one step record.
    case stepRecord = "smpo/step-record/1"
    /// The canonical JSON of one phase of a step record.
    case phaseRecord = "smpo/phase-record/1"
    /// The canonical JSON list of the names of a phase's tensors.
    case tensorNames = "smpo/tensor-names/1"
    /// The tensors that an operator takes or gives: the list of their digests.
    case operatorTensors = "smpo/operator-tensors/1"
    /// The operators of one step (`OperatorTrace.digest`).
    case operators = "smpo/operators/1"
    /// The canonical JSON of a manifest's inputs.
    case manifestInputs = "smpo/manifest-inputs/1"
    /// The canonical JSON of a whole manifest without its own digest.
    case manifest = "smpo/manifest/1"
    /// The canonical JSON of a resolved recipe.
    case recipe = "smpo/recipe/1"
    /// The canonical JSON of any other document.
    case document = "smpo/document/1"
    /// The bytes of a file.
    case file = "smpo/file/1"
    /// The bytes of a file in the object store.
    case object = "smpo/object/1"
    /// Rows of a table of the ledger: the text of each as a JSON array, and a line feed.
    case rows = "smpo/rows/1"
    /// One item of a data set: what it is made of is written where it is computed.
    case dataItem = "smpo/data-item/1"
    /// The pixels of a drawn picture: width and height as text, and the samples.
    case picture = "smpo/picture/1"
    /// A whole data set.
    case dataset = "smpo/dataset/1"
    /// A row of a latent set: what is known of it besides its latents, or a caption with its states.
    case latentRow = "smpo/latent-row/1"
    /// A file of a latent set: the digests of its rows.
    case latentFile = "smpo/latent-file/1"
    /// A latent set: what it is made of, and its files.
    case latentSet = "smpo/latent-set/1"
    /// A table of preference labels.
    case labels = "smpo/labels/1"
    /// The tables of a noise schedule.
    case schedule = "smpo/schedule/1"
    /// The vocabulary of a tokenizer.
    case tokenizer = "smpo/tokenizer/1"
    /// The circumstances under which a run was made.
    case environment = "smpo/environment/1"
    /// A choice of a segment to replay: seed, round and attempt as text.
    case segmentDraw = "smpo/segment-draw/1"
}

extension Digest {
    /// `SHA-256(domain, 0x00, bytes)`.
    package static func of(_ domain: DigestDomain, _ bytes: UnsafeRawBufferPointer) -> Digest {
        var stream = SHA256Stream(domain: domain)
        stream.update(bytes)
        return stream.finalize()
    }

    /// `SHA-256(domain, 0x00, bytes)`.
    package static func of(_ domain: DigestDomain, _ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { of(domain, $0) }
    }

    /// `SHA-256(domain, 0x00, UTF-8 of text)`.
    package static func of(_ domain: DigestDomain, _ text: String) -> Digest {
        var text = text
        return text.withUTF8 { of(domain, UnsafeRawBufferPointer($0)) }
    }

    /// `SHA-256(domain, 0x00, canonical JSON of value)`.
    package static func of(_ domain: DigestDomain, _ value: JSONValue) -> Digest {
        of(domain, value.canonicalBytes)
    }

    /// `SHA-256(domain, 0x00, digest₀, digest₁, …)`: a list of digests, whose length the payload's length tells.
    package static func of(_ domain: DigestDomain, _ digests: [Digest]) -> Digest {
        var stream = SHA256Stream(domain: domain)
        for digest in digests { stream.update(digest) }
        return stream.finalize()
    }

    /// The plain SHA-256 of bytes, as `sha256sum` prints it. For files that another party publishes a hash of.
    package static func sha256(_ bytes: [UInt8]) -> Digest {
        var stream = SHA256Stream()
        stream.update(bytes)
        return stream.finalize()
    }
}
