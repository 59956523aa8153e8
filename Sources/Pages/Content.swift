import Core

/// Something that a finding shows besides its sentences: as data, which every presenter draws or lists in its own way.
package enum Content: Sendable, Equatable {
    /// Names and what stands under them.
    case facts([Fact])
    /// Rows of texts.
    case table(Table)
    /// A table of numbers, shaded.
    case shaded(ShadedTable)
    /// Curves or bars over the steps of a run.
    case chart(StepChart)
    /// Shares of parts over the steps.
    case heat(HeatMap)
    /// Marks over the steps.
    case marks(MarkChart)
    /// How often which values occur.
    case histograms([Histogram])
    /// How often which distances occur.
    case distances([DistanceHistogram])
    /// Where in a line of steps the first difference is.
    case line(StepLine)
    /// Pictures.
    case gallery(Gallery)

    /// For programs, and to be read back.
    var json: JSONValue {
        func list(_ kind: String, _ items: [JSONValue]) -> JSONValue { [kind: .array(items)] }
        return switch self {
        case .facts(let facts): list("facts", facts.map(\.json))
        case .table(let table): ["table": table.json]
        case .shaded(let table): ["shaded": table.json]
        case .chart(let chart): ["chart": chart.json]
        case .heat(let map): ["heat": map.json]
        case .marks(let chart): ["marks": chart.json]
        case .histograms(let all): list("histograms", all.map(\.json))
        case .distances(let all): list("distances", all.map(\.json))
        case .line(let line): ["line": line.json]
        case .gallery(let gallery): ["gallery": gallery.json]
        }
    }

    /// Reads `json` back. - Throws: `JSONShapeError`.
    init(json cursor: JSONCursor) throws {
        guard let (kind, value) = try cursor.members().first, try cursor.object().count == 1 else {
            throw cursor.error(expected: "an object of one member, a kind of content")
        }
        self =
            switch kind {
            case "facts": .facts(try value.elements().map { try Fact(json: $0) })
            case "table": .table(try Table(json: value))
            case "shaded": .shaded(try ShadedTable(json: value))
            case "chart": .chart(try StepChart(json: value))
            case "heat": .heat(try HeatMap(json: value))
            case "marks": .marks(try MarkChart(json: value))
            case "histograms": .histograms(try value.elements().map { try Histogram(json: $0) })
            case "distances": .distances(try value.elements().map { try DistanceHistogram(json: $0) })
            case "line": .line(try StepLine(json: value))
            case "gallery": .gallery(try Gallery(json: value))
            default: throw cursor.error(expected: "a kind of content", found: "\"\(kind)\"")
            }
    }
}
