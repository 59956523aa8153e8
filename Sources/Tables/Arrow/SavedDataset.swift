import Core

/// A folder that `save_to_disk` of Hugging Face's `datasets` left: which files hold the rows, in order.
struct SavedDataset {
    /// The Arrow streams.
    let files: [String]
    /// Streams whose only column says which rows are taken, in order; empty where all are.
    let indices: [String]

    /// Reads `state.json` of `folder`, or of its split. - Throws: `TableError`, `JSONSyntaxError`, `JSONShapeError`.
    init(_ folder: String, split: String?) throws {
        let place = TablePlace(file: folder)
        let dictionary = "\(folder)/dataset_dict.json"
        var (folder, isNamed) = (folder, true)
        if FileContents.exists(dictionary) {
            let document = JSONCursor(try Self.read(dictionary), name: "dataset_dict", file: dictionary)
            let splits = try document["splits"].elements().map { try $0.string() }
            guard let split = split ?? (splits.count == 1 ? splits[0] : nil), splits.contains(split) else {
                throw place.error(
                    .layout, split == nil ? "several splits" : "no such split",
                    expected: "one of \(splits.joined(separator: ", "))", found: split.map { "\"\($0)\"" },
                    hint: "set data.split")
            }
            folder += "/\(split)"
            isNamed = false
        } else if let split, FileContents.exists("\(folder)/\(split)/state.json") {
            folder += "/\(split)"
            isNamed = false
        }
        let state = "\(folder)/state.json"
        guard FileContents.exists(state) else {
            throw place.error(
                .layout, "no folder of save_to_disk", expected: "dataset_dict.json or state.json",
                hint: "name the folder that dataset.save_to_disk wrote")
        }
        let document = JSONCursor(try Self.read(state), name: "state", file: state)
        // Of a folder that is no split of others its state says which one it is.
        if isNamed, let split, let own = try document["_split"].present?.string(), own != split {
            throw try document["_split"].error(expected: "the split \"\(split)\"", found: "\"\(own)\"")
        }
        func names(_ key: String) throws -> [String] {
            try document[key].present?.elements().map { element in
                let name = try element["filename"].string()
                guard !name.isEmpty, !name.contains("/"), name != ".." else {
                    throw element.error(expected: "the name of a file beside state.json", found: "\"\(name)\"")
                }
                return "\(folder)/\(name)"
            } ?? []
        }
        files = try names("_data_files")
        let (older, newer) = (try names("_indices_data_files"), try names("_indices_files"))
        indices = older.isEmpty ? newer : older
        guard !files.isEmpty else {
            throw TablePlace(file: state).error(.layout, "no files in _data_files")
        }
    }

    private static func read(_ path: String) throws -> JSONValue {
        try JSONValue.parse(try FileContents.read(path), file: path)
    }
}
