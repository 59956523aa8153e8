import Core
import Foundation

/// A small picture of a page.
package struct PagePicture: Sendable, Equatable {
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
            + "width=\"\(width)\" height=\"\(height)\" alt=\"\(VisibleText.html(alternative, most: 400))\">"
            + "<figcaption>\(VisibleText.html(label, most: 80))"
            + (note.isEmpty ? "" : "<br><small>\(VisibleText.html(note, most: 160))</small>") + "</figcaption></figure>"
    }

    var json: JSONValue {
        [
            "label": .string(label), "alternative": .string(alternative), "note": .string(note),
            "width": .integer(width), "height": .integer(height), "sha256": .digest(.sha256(png)),
        ]
    }
}
