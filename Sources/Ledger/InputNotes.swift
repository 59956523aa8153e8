import Core

/// Notes on a run's inputs, none of them a fault: how many captions and pictures were not taken
/// whole, or not as they lie in their files. They follow from the inputs, so a manifest holds them among its
/// circumstances, and only where there is something to say.
package struct InputNotes: Sendable, Equatable {
    /// The treatment of a caption or a picture.
    package enum Kind: String, Sendable, CaseIterable {
        /// The caption has more tokens than the text encoder takes; its end is cut off.
        case captionsCut = "captions cut"
        /// The picture's EXIF data say that it is to be turned or mirrored; it is taken as it is stored.
        case orientationIgnored = "orientation ignored"
        /// The picture has an alpha channel, which is dropped.
        case alphaDropped = "alpha dropped"
        /// The picture has a colour profile, which is ignored.
        case profileIgnored = "colour profile ignored"
        /// The picture has four inks, which are converted to RGB.
        case inksConverted = "inks converted"
        /// The picture has 16 bits a sample, of which 8 are taken.
        case depthReduced = "depth reduced"

        /// The note on `count` of them.
        func sentence(_ count: Int) -> String {
            let one = count == 1
            return switch self {
            case .captionsCut:
                "\(count) \(one ? "caption has" : "captions have") more tokens than the text encoder takes; "
                    + "\(one ? "its end is" : "their ends are") cut off"
            case .orientationIgnored:
                "\(count) \(one ? "picture has an EXIF orientation" : "pictures have an EXIF orientation"), which is "
                    + "not applied"
            case .alphaDropped:
                "\(count) \(one ? "picture has an alpha channel" : "pictures have an alpha channel"), which is dropped"
            case .profileIgnored:
                "\(count) \(one ? "picture has a colour profile" : "pictures have a colour profile"), which is ignored"
            case .inksConverted:
                "\(count) \(one ? "picture has" : "pictures have") four inks (CMYK), which are converted to RGB"
            case .depthReduced:
                "\(count) \(one ? "picture has" : "pictures have") 16 bits a sample, of which 8 are taken"
            }
        }
    }

    /// The number of captions or pictures of each kind; only kinds that have some.
    package private(set) var counts: [Kind: Int] = [:]

    /// Nothing to say.
    package init() {}

    /// Notes with these counts.
    package init(_ counts: [Kind: Int]) { self.counts = counts.filter { $0.value > 0 } }

    /// Counts those of `captions` that are cut; of equal ones each counts, and is asked about once.
    package init(captions: [String], isCut: (String) -> Bool) {
        var known: [[UInt8]: Bool] = [:]
        for caption in captions {
            let bytes = Array(caption.utf8)
            let cut = known[bytes] ?? isCut(caption)
            known[bytes] = cut
            if cut { add(.captionsCut) }
        }
    }

    /// Adds to a kind.
    package mutating func add(_ kind: Kind, _ count: Int = 1) {
        if count > 0 { counts[kind, default: 0] += count }
    }

    /// Adds all that `other` says.
    package mutating func add(_ other: InputNotes) {
        for (kind, count) in other.counts { add(kind, count) }
    }

    /// One sentence a kind, for people; empty where there is nothing to say.
    package var sentences: [String] { Kind.allCases.compactMap { kind in counts[kind].map(kind.sentence) } }
}

extension ManifestCircumstances {
    private static let notesKey = "input_notes"

    /// The notes on the run's inputs; kinds that this program does not know are left out.
    package var inputNotes: InputNotes {
        get {
            guard case .object(let object)? = other[Self.notesKey] else { return InputNotes() }
            var notes = InputNotes()
            for (key, value) in object.members {
                guard let kind = InputNotes.Kind(rawValue: key), case .number(let number) = value,
                    let count = number.int64
                else { continue }
                notes.add(kind, Int(count))
            }
            return notes
        }
        set {
            let members = newValue.counts.map { ($0.key.rawValue, JSONValue.integer($0.value)) }
            other[Self.notesKey] = members.isEmpty ? nil : .object(JSONObject(members))
        }
    }
}
