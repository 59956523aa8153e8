import Core

/// A layout of names that a model can be written in.
package enum ModelLayout: String, Sendable, CaseIterable {
    /// The names as they are.
    case same
    /// Folders of diffusers and transformers, in their present names.
    case diffusers
    /// A single file with the names of latent-diffusion (SD1.x) or generative-models (SDXL).
    case ldm
    /// open_clip's names of the two towers of CLIP.
    case openCLIP = "open_clip"
}

extension ModelContents {
    /// Whether it is of SDXL's kind: with a second text encoder, or a UNet that is told sizes.
    var isXL: Bool { components.contains("text_encoder_2") || tensors.contains { $0.path.hasPrefix("unet/add_") } }

    /// The tensors of the model in the names of a layout, in byte order. Nothing is read.
    /// - Parameter isBare: whether names of diffusers' layout are those of one part alone, without its folder in front.
    /// - Throws: `CheckpointError` (`layout`) where the layout has no place for one.
    package func laidOut(as layout: ModelLayout, isBare: Bool = false) throws -> [CheckpointTensor] {
        var result: [CheckpointTensor] = []
        switch layout {
        case .same: result = tensors.map(\.stored) + besides.map(\.tensor)
        case .diffusers:
            result = tensors.map { isBare ? $0.tensor : $0.tensor.named($0.path) }
            result += buffers.map { buffer in
                let own = buffer.path.firstIndex(of: "/").map { buffer.path[buffer.path.index(after: $0)...] }
                return buffer.tensor.named(isBare ? String(own ?? "") : buffer.path)
            }
        case .ldm:
            let isXL = isXL
            for component in components {
                guard let prefix = Self.prefix(component, isXL: isXL) else {
                    throw noPlace(component, in: "a single file of Stable Diffusion", ModelNaming.folders)
                }
                result += try own(component, table(component, .ldm), prefix: prefix)
            }
            // transformers' buffers have their places where its names stay.
            for buffer in buffers where Self.isKeptByLDM(buffer) {
                let name = buffer.path.dropFirst("text_encoder/".count)
                result.append(buffer.tensor.named((Self.prefix("text_encoder", isXL: isXL) ?? "") + name))
            }
        case .openCLIP:
            let parts = components.filter { ["clip", "text_encoder", "text_encoder_2"].contains($0) }
            guard components.count == 1, let component = parts.first else {
                throw noPlace(
                    components.joined(separator: ", "), in: "open_clip's layout", ["one CLIP model or text encoder"])
            }
            result = try own(component, table(component, .openCLIP), prefix: "")
        }
        return result.sorted { utf8Less($0.name, $1.name) }
    }

    /// What is not among `laidOut(as:)`.
    package func leftOut(by layout: ModelLayout) -> [Besides] {
        let kept: Set<String>
        switch layout {
        case .same: return []
        case .diffusers: kept = Set(buffers.map(\.path))
        case .ldm: kept = Set(buffers.filter(Self.isKeptByLDM).map(\.path))
        case .openCLIP: kept = []
        }
        return besides.filter { !kept.contains($0.path) }
    }

    private static func isKeptByLDM(_ buffer: Besides) -> Bool { buffer.path.hasPrefix("text_encoder/") }

    /// Buffers that have a name in the common form.
    private var buffers: [Besides] {
        besides.filter { item in
            item.kind == .buffer && item.path.hasSuffix(".position_ids")
                && components.contains { item.path.hasPrefix($0 + "/") }
        }
    }

    private static func prefix(_ component: String, isXL: Bool) -> String? {
        switch component {
        case "text_encoder": isXL ? "conditioner.embedders.0.transformer." : "cond_stage_model.transformer."
        case "unet": "model.diffusion_model."
        case "vae": "first_stage_model."
        case "text_encoder_2": "conditioner.embedders.1.model."
        default: nil
        }
    }

    /// The names of a part in a layout; nil where they are those of the common form.
    private func table(_ component: String, _ layout: ModelLayout) -> LayoutTable? {
        let names = tensors.filter { $0.component == component }.map(\.tensor.name)
        switch (component, layout) {
        case ("unet", _): return UNetLayout(diffusers: names).table
        case ("vae", _): return AutoencoderLayout(diffusers: names).table
        case ("text_encoder_2", _), (_, .openCLIP): return OpenCLIPLayout(transformers: names).table
        default: return nil
        }
    }

    private func noPlace(_ what: String, in layout: String, _ expected: [String]) -> CheckpointError {
        CheckpointError(
            .layout, file: file, "\(layout) has no place for \(what)", expected: expected.joined(separator: ", "))
    }

    /// The tensors of a part as a layout stores them, joined ones from all of their parts.
    private func own(_ component: String, _ table: LayoutTable?, prefix: String) throws -> [CheckpointTensor] {
        var result: [CheckpointTensor] = []
        var joined: [String: [Int: CheckpointTensor]] = [:]
        var parts: [String: Int] = [:]
        for item in tensors where item.component == component {
            let tensor = item.tensor
            guard let table else {
                result.append(tensor.named(prefix + tensor.name))
                continue
            }
            guard let (name, transform) = table.own(tensor.name) else {
                throw noPlace(
                    "\(component)'s \(tensor.name)", in: "the layout", ["a model of Stable Diffusion or CLIP"])
            }
            switch transform {
            case .same: result.append(tensor.named(prefix + name))
            case .squeezed:
                result.append(
                    tensor.shape.count == 2
                        ? tensor.relaid(prefix + name, shape: tensor.shape + [1, 1]) : tensor.named(prefix + name))
            case .transposed:
                guard tensor.shape.count == 2, tensor.count > 0 else { throw misfit(item, "a matrix") }
                result.append(tensor.transposed(named: prefix + name))
            case .rows(let part, let count):
                joined[name, default: [:]][part] = tensor
                parts[name] = count
            }
        }
        for (name, found) in joined.sorted(by: { utf8Less($0.key, $1.key) }) {
            let whole = (0..<parts[name]!).compactMap { found[$0] }
            let first = whole[0]
            guard whole.count == parts[name]!, !first.shape.isEmpty,
                whole.allSatisfy({ $0.type == first.type && $0.shape == first.shape })
            else {
                throw CheckpointError(
                    .layout, file: file, tensor: first.name, "cannot be joined to \(name)",
                    expected: "query, key and value of one type and shape",
                    found: whole.map { "\($0.name) \($0.type.name) \($0.shape)" }.joined(separator: ", "))
            }
            result.append(CheckpointTensor.joined(whole, named: prefix + name))
        }
        return result
    }

    private func misfit(_ item: ModelTensor, _ expected: String) -> CheckpointError {
        CheckpointError(
            .shape, file: file, tensor: item.stored.name, "of another shape than its name says", expected: expected,
            found: "\(item.tensor.shape)")
    }
}
