import Foundation
import FoundationXML
import Testing

/// The elements of a page or of a document in XML, as a parser sees them.
final class PageTree: NSObject, XMLParserDelegate {
    /// An element with all that is in it.
    final class Element {
        let name: String, attributes: [String: String]
        var children: [Element] = [], text = ""

        init(_ name: String, _ attributes: [String: String]) { (self.name, self.attributes) = (name, attributes) }

        /// Itself and all below it, in the order of the document.
        var all: [Element] { [self] + children.flatMap(\.all) }
        /// All text in it.
        var allText: String { text + children.map(\.allText).joined() }

        func all(_ name: String, class kind: String? = nil) -> [Element] {
            all.filter { element in
                element.name == name
                    && (kind.map { (element.attributes["class"] ?? "").split(separator: " ").contains(Substring($0)) }
                        ?? true)
            }
        }

        func first(id: String) -> Element? { all.first { $0.attributes["id"] == id } }
    }

    let root = Element("", [:])
    private var open: [Element] = []

    /// Parses a document; records an issue where it is not well-formed.
    static func parse(_ text: String) -> Element {
        let (tree, parser) = (PageTree(), XMLParser(data: Data(text.utf8)))
        tree.open = [tree.root]
        parser.delegate = tree
        #expect(parser.parse(), "\(String(describing: parser.parserError)), line \(parser.lineNumber)")
        return tree.root
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let element = Element(name, attributes)
        open.last?.children.append(element)
        open.append(element)
    }

    func parser(_ parser: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.text += text }
}
