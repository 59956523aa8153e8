import Core
import Foundation

/// A small picture.
package struct Picture: Sendable, Equatable {
    /// The bytes of a PNG file.
    package let png: [UInt8]
    /// Its size in pixels.
    package let width: Int, height: Int
    /// What it is: `winner`, `before`, …
    package let label: String
    /// What it shows, for who does not see it.
    package let alternative: String
    /// What is known of it: that its digest is the recorded one, that it is scaled.
    package let note: String

    /// A picture.
    package init(png: [UInt8], width: Int, height: Int, label: String, alternative: String, note: String = "") {
        (self.png, self.width, self.height) = (png, width, height)
        (self.label, self.alternative, self.note) = (label, alternative, note)
    }

    /// As HTML: pixels stay squares, however large they are shown.
    var html: String {
        "<figure class=\"picture\"><img src=\"data:image/png;base64,\(Data(png).base64EncodedString())\" "
            + "width=\"\(width)\" height=\"\(height)\" alt=\"\(VisibleText.html(alternative, most: 400))\"/>"
            + "<figcaption>\(VisibleText.html(label, most: 80))"
            + (note.isEmpty ? "" : "<br/><small>\(VisibleText.html(note, most: 160))</small>")
            + "</figcaption></figure>"
    }

    /// What there is to know of it.
    package var summary: JSONObject {
        [
            "label": .string(label), "alternative": .string(alternative), "note": .string(note),
            "width": .integer(width), "height": .integer(height), "sha256": .digest(.sha256(png)),
        ]
    }

    var json: JSONValue {
        var object = summary
        object["png"] = .string(Data(png).base64EncodedString())
        return .object(object)
    }

    init(json cursor: JSONCursor) throws {
        guard let data = Data(base64Encoded: try cursor["png"].string()) else {
            throw try cursor["png"].error(expected: "base64", found: "something else")
        }
        self.init(
            png: Array(data), width: try cursor["width"].int(), height: try cursor["height"].int(),
            label: try cursor["label"].string(), alternative: try cursor["alternative"].string(),
            note: try cursor["note"].string())
        guard try cursor["sha256"].digest() == .sha256(png) else {
            throw try cursor["sha256"].error(expected: "\(Digest.sha256(png)), the digest of the picture")
        }
    }
}
