import Checkpoints
import Core
import Pages

/// What the tensors of a checkpoint are in a model, for people and for programs.
package struct ModelContentsText {
    let contents: ModelContents

    /// A presentation.
    package init(_ contents: ModelContents) { self.contents = contents }

    private struct Part {
        let name: String
        let tensors: Int
        let elements: Int
        let types: [String]
    }

    private var parts: [Part] {
        contents.components.map { name in
            let own = contents.tensors.filter { $0.component == name }.map(\.tensor)
            return Part(
                name: name, tensors: own.count, elements: own.reduce(0) { $0 + $1.count },
                types: Set(own.map(\.type.name)).sorted())
        }
    }

    /// What is no part of the model: how many tensors of each kind.
    private var besides: [(kind: String, why: String, tensors: [CheckpointTensor])] {
        var result: [(kind: String, why: String, tensors: [CheckpointTensor])] = []
        for item in contents.besides {
            if let place = result.firstIndex(where: { $0.kind == item.kind.rawValue && $0.why == item.why }) {
                result[place].tensors.append(item.tensor)
            } else {
                result.append((item.kind.rawValue, item.why, [item.tensor]))
            }
        }
        return result
    }

    /// Lines: the layout, the parts, all else by what it is.
    package var lines: [String] {
        let rows = parts.map {
            ["  " + $0.name, "\($0.tensors)", Figures.grouped($0.elements), $0.types.joined(separator: " ")]
        }
        let head = ["  part of the model", "tensors", "parameters", "types"]
        return ["names: \(contents.layout)"] + Figures.table([head] + rows, rightAligned: [1, 2])
            + besides.map { kind, why, tensors in
                let names = tensors.prefix(3).map(\.name).joined(separator: ", ")
                return "  \(kind) (\(tensors.count)): \(why): \(names)\(tensors.count > 3 ? " …" : "")"
            }
    }

    /// The same for programs.
    package var json: JSONValue {
        [
            "layout": .string(contents.layout), "has_average": .bool(contents.hasAverage),
            "components": .array(
                parts.map {
                    [
                        "name": .string($0.name), "tensors": .integer($0.tensors), "elements": .integer($0.elements),
                        "types": .array($0.types.map(JSONValue.string)),
                    ]
                }),
            "tensors": .array(
                contents.tensors.map {
                    ["stored": .string($0.storedName), "name": .string($0.path)]
                }),
            "besides": .array(
                contents.besides.map {
                    ["stored": .string($0.tensor.name), "kind": .string($0.kind.rawValue), "why": .string($0.why)]
                }),
        ]
    }
}
