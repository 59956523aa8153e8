import Core

/// A drawing with what belongs to it: a name and a description for who does not see it, a caption, a legend.
struct DrawingFrame {
    /// The anchor of the section.
    let id: String
    let title: String
    let description: String
    let width: Double, height: Double
    /// Marks and what they stand for, as HTML.
    var legend: [String] = []
    /// What has to be known to read it.
    var caption: String = ""

    /// The figure with `body`, the content of its SVG. On narrow screens it is scrolled, not shrunk.
    func html(_ body: String) -> String {
        let legend = self.legend.isEmpty ? "" : "<p class=\"legend\">\(self.legend.joined(separator: " "))</p>"
        let caption = self.caption.isEmpty ? "" : "<figcaption>\(VisibleText.html(self.caption))</figcaption>"
        return """
            <figure><div class="scroll" tabindex="0" role="group" aria-label="\(VisibleText.html(title)), drawing">
            <svg viewBox="0 0 \(Coordinate.text(width)) \(Coordinate.text(height))" role="img" aria-labelledby="\(id)-t \(id)-d">\
            <title id="\(id)-t">\(VisibleText.html(title))</title><desc id="\(id)-d">\(VisibleText.html(description))</desc>
            \(body)</svg></div>\(legend)\(caption)</figure>
            """
    }

    /// A sample of a mark for the legend.
    static func sample(_ mark: String, _ text: String) -> String {
        "<span><svg class=\"key\" viewBox=\"0 0 34 12\" aria-hidden=\"true\">\(mark)</svg> \(VisibleText.html(text))</span>"
    }
}
