import Compute
import Core

/// A model as an ordered list of components that fit each other. What is done to a model as a whole – opening, digests,
/// writing, counting – is a fold over the list.
package struct Pipeline: Sendable {
    /// A component and what it is called.
    package struct Part: Sendable {
        /// Its name and place.
        package let kind: ComponentKind
        /// The component.
        package let component: any Component
    }

    /// The components, in the order of the layout.
    package let parts: [Part]
    /// The device that has the weights' shapes; nil where they have their numbers. With shapes a pipeline can be checked,
    /// counted, drawn, and run to see what it would take.
    package let shapes: ShapeDevice?

    /// Opens the model in `folder`. Throws what is missing, misshapen or not finite, or does not fit, with the file's
    /// name.
    /// - Parameter shapes: a device for the weights' shapes: then none of their files is opened.
    package init(_ layout: PipelineLayout, folder: String, shapes: ShapeDevice? = nil) throws {
        try self.init(layout, ModelFolder(path: folder), shapes: shapes)
    }

    /// The same, and which files of the folder are read.
    /// - Parameter unread: components whose weights are shapes in any case; nothing computes with them.
    package init(
        _ layout: PipelineLayout, _ folder: ModelFolder, shapes: ShapeDevice? = nil, unread: Set<String> = []
    ) throws {
        if folder.autoencoder != nil { try layout.requireAutoencoder() }
        if folder.isFile {
            try self.init(layout, try SingleFileModel(folder), shapes: shapes, unread: unread)
            return
        }
        try folder.requireFolder()
        try layout.requireOpenable(folder)
        try folder.requireVariant(layout.kinds.map(\.folder))
        try self.init(
            layout.kinds.compactMap { kind in
                if kind.isOptional, !folder.has(kind) { return nil }
                let shapes = unread.contains(kind.name) ? ShapeDevice() : shapes
                return Part(kind: kind, component: try kind.make(.folder(folder, shapes: shapes)))
            }, shapes: shapes)
    }

    /// A model in a single file. With `shapes` its header is read, and no number.
    private init(
        _ layout: PipelineLayout, _ model: SingleFileModel, shapes: ShapeDevice?, unread: Set<String>
    ) throws {
        try self.init(
            layout.kinds.compactMap { kind in
                if kind.isOptional, !model.has(kind) { return nil }
                let shapes = unread.contains(kind.name) ? ShapeDevice() : shapes
                return Part(kind: kind, component: try kind.make(.file(model, shapes: shapes)))
            }, shapes: shapes)
    }

    /// A new model.
    /// - Parameters:
    ///   - configurations: the paths of configurations, by the names of the components.
    ///   - given: components that are there already.
    ///   - weights: what the others' weights are.
    ///   - seed: what they are drawn from where they are numbers.
    ///   - unread: components whose weights are shapes in any case; nothing computes with them.
    /// - Throws: `ConfigError` for what is missing, not supported, or does not fit; `CheckpointError`, `FileError`.
    package init(
        _ layout: PipelineLayout, configurations: [String: String], given: [String: any Component],
        weights: ModelWeights, seed: UInt64, unread: Set<String> = []
    ) throws {
        if configurations["vae"] != nil { try layout.requireAutoencoder() }
        try self.init(
            layout.kinds.compactMap { kind in
                if let component = given[kind.name] { return Part(kind: kind, component: component) }
                guard let path = configurations[kind.name] else {
                    if kind.isOptional { return nil }
                    throw ConfigError(
                        file: "the model", key: kind.name, "is missing", expected: "a configuration", found: nil)
                }
                let weights = unread.contains(kind.name) ? .shapes(ShapeDevice()) : weights
                return Part(kind: kind, component: try kind.make(.configuration(path, weights, seed: seed)))
            }, shapes: weights.shapes)
    }

    /// Components in memory.
    /// - Throws: `ConfigError` for what is missing or does not fit.
    package init(_ layout: PipelineLayout, _ components: [String: any Component]) throws {
        let given = try Pipeline(
            layout, configurations: [:], given: components, weights: .shapes(ShapeDevice()), seed: 0)
        try self.init(given.parts, shapes: nil)
    }

    private init(_ parts: [Part], shapes: ShapeDevice?) throws {
        self.parts = parts
        self.shapes = shapes
        for part in parts { try part.component.requireFit(as: part.kind.name, in: self) }
    }

    // MARK: Components

    /// The component of that name; nil where there is none.
    package subscript(name: String) -> (any Component)? { parts.first { $0.kind.name == name }?.component }

    /// All components of a type, in order.
    package func all<C: Component>(_: C.Type) -> [C] { parts.compactMap { $0.component as? C } }

    /// The component of that name and type.
    /// - Throws: `ConfigError` where there is none.
    package func require<C: Component>(_ name: String, _: C.Type = C.self) throws -> C {
        if let component = self[name] as? C { return component }
        throw ConfigError(
            file: "the model", key: name, "is missing", expected: "\(C.self)",
            found: parts.map(\.kind.name).joined(separator: ", "))
    }

    /// The same with another component in the place of that name.
    package func replacing(_ name: String, with component: any Component) throws -> Pipeline {
        try Pipeline(
            parts.map { $0.kind.name == name ? Part(kind: $0.kind, component: component) : $0 },
            shapes: shapes)
    }

    /// How many parameters the components have.
    package var parameterCounts: [ParameterCount] { parts.flatMap { $0.component.parameterCounts($0.kind) } }

    // MARK: Digests

    /// What stands for each component but for weights, by the names that manifests give it below `model/`.
    package var configurationDigests: [String: Digest] {
        parts.reduce(into: [:]) { digests, part in
            digests.merge(part.component.configurationDigests(part.kind.folder)) { first, _ in first }
        }
    }

    /// What stands for the content of each component, independent of the files' layout. Adapters are no part of it: they
    /// begin by a recipe.
    package func digests() throws -> [String: Digest] {
        precondition(shapes == nil, "a pipeline without numbers")
        return try parts.reduce(into: configurationDigests) { digests, part in
            if let (name, digest) = try part.component.weightsDigest(part.kind.folder) { digests[name] = digest }
        }
    }

    /// The names of digests as manifests have them.
    package static func inputs(_ digests: [String: Digest]) -> [String: Digest] {
        Dictionary(uniqueKeysWithValues: digests.map { ("model/\($0.key)", $0.value) })
    }

    // MARK: Writing

    /// Writes the model, its weights as they are now; every file is replaced whole. Of a network with adapters the folder
    /// holds the merged weights (`LowRankUpdate.merged`), which any program can use, and the adapters by themselves in
    /// `lora/`.
    package func write(to path: String) throws { try write(into: FolderWriter(path)) }

    /// The digests of the bytes of the files that `write` would write, by their paths from the folder. They are functions
    /// of the weights and of the inputs alone: the same on every machine.
    package func fileDigests() throws -> [String: Digest] {
        let writer = FolderWriter(nil)
        try write(into: writer)
        return writer.digests
    }

    private func write(into writer: FolderWriter) throws {
        precondition(shapes == nil, "a pipeline without numbers")
        for part in parts {
            try part.component.writeConfiguration(into: writer, part.kind.folder, storing: .f32)
            try part.component.writeWeights(into: writer, part.kind.folder)
        }
    }

    /// Where the component `name` lies in the folder of a model.
    package func place(of name: String, in folder: ModelFolder) -> String {
        folder.place(of: name, in: parts.first { $0.kind.name == name }?.kind.folder ?? name)
    }

    /// A file in a folder below the model's, which is empty for the model's own.
    static func path(_ folder: String, _ file: String) -> String { folder.isEmpty ? file : "\(folder)/\(file)" }
}
