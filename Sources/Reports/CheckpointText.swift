import Checkpoints
import Core
import Pages
import Training

/// What is in a checkpoint, for people.
package struct CheckpointText {
    let checkpoint: Checkpoint

    let showsMetadata: Bool
    let contents: ModelContents?

    /// A presentation; without `showsMetadata` metadata are counted. `contents` is what the tensors are in a model, where that
    /// is not what their names say.
    package init(_ checkpoint: Checkpoint, showsMetadata: Bool = false, contents: ModelContents? = nil) {
        (self.checkpoint, self.showsMetadata, self.contents) = (checkpoint, showsMetadata, contents)
    }

    /// Parameters and bytes by module, a module being the first `depth` parts of a name.
    package func modules(depth: Int) -> String {
        var rows: [(name: String, tensors: Int, elements: Int, bytes: Int, types: Set<String>)] = []
        var places: [String: Int] = [:]
        for tensor in checkpoint.tensors {
            let parts = tensor.name.split(whereSeparator: { $0 == "." || $0 == "/" })
            let length = parts.prefix(min(depth, max(1, parts.count - 1))).last.map { part in
                tensor.name.distance(from: tensor.name.startIndex, to: part.endIndex)
            }
            let name = String(tensor.name.prefix(length ?? tensor.name.count))
            let place = places[name] ?? rows.count
            if place == rows.count {
                places[name] = place
                rows.append((name, 0, 0, 0, []))
            }
            rows[place].tensors += 1
            rows[place].elements += tensor.count
            rows[place].bytes += tensor.byteCount
            rows[place].types.insert(tensor.type.name)
        }
        let body = rows.map {
            [
                $0.name, "\($0.tensors)", Figures.grouped($0.elements), "\(MemorySize($0.bytes))",
                $0.types.sorted().joined(separator: " "),
            ]
        }
        let total = [
            "in all", "\(checkpoint.tensors.count)", Figures.grouped(checkpoint.elementCount),
            "\(MemorySize(checkpoint.byteCount))", "",
        ]
        let table = Figures.table(
            [["module", "tensors", "parameters", "size", "types"]] + body + [total], rightAligned: [1, 2, 3])
        return VisibleText.lines([head] + table + model + metadata + files)
    }

    /// Every tensor: type, shape, elements, bytes.
    package var tensors: String {
        let body = checkpoint.tensors.map {
            [$0.name, $0.type.name, "\($0.shape)", Figures.grouped($0.count), "\(MemorySize($0.byteCount))"]
        }
        let table = Figures.table([["tensor", "type", "shape", "elements", "size"]] + body, rightAligned: [3, 4])
        return VisibleText.lines([head] + table + model + metadata + files)
    }

    /// The list for programs.
    package var json: JSONValue {
        guard case .object(var members) = plain, let contents else { return plain }
        members["model"] = ModelContentsText(contents).json
        return .object(members)
    }

    private var plain: JSONValue {
        [
            "schema": "smpo/checkpoint/1", "path": .string(checkpoint.path), "container": .string(checkpoint.container),
            "elements": .integer(checkpoint.elementCount), "bytes": .integer(checkpoint.byteCount),
            "tensors": .array(
                checkpoint.tensors.map {
                    [
                        "name": .string($0.name), "dtype": .string($0.type.name),
                        "shape": .array($0.shape.map { JSONValue.integer($0) }), "bytes": .integer($0.byteCount),
                    ]
                }),
            "metadata": .array(
                checkpoint.metadata.map { ["key": .string($0.key), "value": .string($0.value)] }),
            "files": .array(
                checkpoint.files.map {
                    ["path": .string($0.path), "use": .string($0.use.rawValue), "why": .string($0.why)]
                }),
        ]
    }

    private var model: [String] { contents.map { ModelContentsText($0).lines } ?? [] }

    private var head: String {
        "\(checkpoint.path): \(checkpoint.container), \(checkpoint.tensors.count) tensors, "
            + "\(Figures.grouped(checkpoint.elementCount)) parameters, \(MemorySize(checkpoint.byteCount))"
    }

    /// What lies in the folder and was not read; what can hold weights first.
    private var files: [String] {
        let (unread, rest) = (checkpoint.unread, checkpoint.files.filter { !$0.isRead && $0.use != .unread })
        func lines(_ title: String, _ files: [FolderFile]) -> [String] {
            files.isEmpty
                ? []
                : ["\(title) (\(files.count))"]
                    + files.map { "  \($0.path): \($0.use == .ignored ? "ignored, " : "")\($0.why)" }
        }
        return lines("not read, though they can hold weights", unread) + lines("not read", rest)
    }

    private var metadata: [String] {
        guard showsMetadata else {
            let count = checkpoint.metadata.count
            return count == 0 ? [] : ["\(count) metadata \(count == 1 ? "entry" : "entries") (--metadata)"]
        }
        return checkpoint.metadata.map { text in
            let flat = text.value.count > 100 ? text.value.prefix(97) + "…" : text.value
            return "  \(text.key): \(flat)"
        }
    }
}
