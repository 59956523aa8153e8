/// What a picture of the shapes world shows, and the words for it.
package struct ShapesCaption: Equatable, Sendable {
    /// The figure.
    package var shape: ShapesShape
    /// How large it is.
    package var size: ShapesSize
    /// Its colour.
    package var colour: ShapesColour
    /// Where it stands.
    package var place: ShapesPlace
    /// What is behind it.
    package var background: ShapesBackground

    /// A caption of five attributes.
    package init(
        shape: ShapesShape, size: ShapesSize, colour: ShapesColour, place: ShapesPlace, background: ShapesBackground
    ) {
        self.shape = shape
        self.size = size
        self.colour = colour
        self.place = place
        self.background = background
    }

    /// How many captions there are: 6 shapes × 2 sizes × 8 colours × 5 places × 5 backgrounds.
    package static let count = 2_400

    /// Caption number `number` (0..<`count`), the background varying fastest and the shape slowest.
    package init(number: Int) {
        precondition((0..<Self.count).contains(number), "a caption number below \(Self.count)")
        var rest = number
        func digit<Attribute: CaseIterable>(_: Attribute.Type) -> Attribute
        where Attribute.AllCases.Index == Int {
            defer { rest /= Attribute.allCases.count }
            return Attribute.allCases[rest % Attribute.allCases.count]
        }
        background = digit(ShapesBackground.self)
        place = digit(ShapesPlace.self)
        colour = digit(ShapesColour.self)
        size = digit(ShapesSize.self)
        shape = digit(ShapesShape.self)
    }

    /// The caption that says `text`, or nil if no caption of this world does.
    package init?(text: String) {
        guard let caption = Self.all.first(where: { $0.text == text }) else { return nil }
        self = caption
    }

    /// Every caption, by number.
    package static var all: [ShapesCaption] { (0..<count).map(ShapesCaption.init(number:)) }

    /// The words, such as "a small red circle at the top left on a navy background".
    package var text: String {
        "a \(size.rawValue) \(colour.rawValue) \(shape.rawValue) \(place.rawValue) on a \(background.rawValue) background"
    }
}
