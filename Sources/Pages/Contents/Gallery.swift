import Core

/// Pictures to look at, with what is known of each group of them.
package struct Gallery: Sendable, Equatable {
    /// Pictures that belong together.
    package struct Item: Sendable, Equatable {
        /// Which they are; may be empty.
        package let heading: String
        /// Their caption.
        package let caption: String
        /// The pictures.
        package let pictures: [Picture]

        /// Pictures with a caption.
        package init(heading: String = "", caption: String, pictures: [Picture]) {
            (self.heading, self.caption, self.pictures) = (heading, caption, pictures)
        }
    }

    /// The groups.
    package let items: [Item]

    /// A gallery.
    package init(_ items: [Item]) { self.items = items }

    /// As many groups as `detail` has room for.
    func html(_ detail: Detail) -> String {
        var (left, shown) = (detail.pictures, [String]())
        for item in items where item.pictures.count <= left {
            left -= item.pictures.count
            let heading = item.heading.isEmpty ? "" : "<b>\(VisibleText.html(item.heading, most: 200))</b><br/>"
            shown.append(
                "<div class=\"exhibit\"><p>\(heading)\(VisibleText.html(item.caption, most: 300))</p>"
                    + "<div class=\"pictures\">\(item.pictures.map(\.html).joined())</div></div>")
        }
        let rest = items.count - shown.count
        return (shown.isEmpty ? "" : "<div class=\"exhibits\">\(shown.joined(separator: "\n"))</div>")
            + (rest > 0 ? "<p class=\"note\">\(rest) more are left out, to keep the page small.</p>" : "")
    }

    var json: JSONValue {
        .array(
            items.map {
                [
                    "heading": .string($0.heading), "caption": .string($0.caption),
                    "pictures": .array($0.pictures.map(\.json)),
                ]
            })
    }

    init(json cursor: JSONCursor) throws {
        items = try cursor.elements().map {
            Item(
                heading: try $0["heading"].string(), caption: try $0["caption"].string(),
                pictures: try $0["pictures"].elements().map { try Picture(json: $0) })
        }
    }
}
