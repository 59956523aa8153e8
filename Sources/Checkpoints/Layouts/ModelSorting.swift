import Core

/// Sorts the tensors of a checkpoint by the part of a model that they are of.
struct ModelSorting {
    private let file: String
    private var tensors: [ModelTensor] = []
    private var besides: [ModelContents.Besides] = []
    /// Stored tensors by part and naming, each with its name in that part.
    private var groups:
        [(component: String, naming: ModelNaming, members: [(name: String, tensor: CheckpointTensor)])] =
            []
    private var average: [CheckpointTensor] = []
    private(set) var layout = ""
    private(set) var isForeign = false
    private(set) var isOlder = false
    private(set) var isBare = false
    private(set) var unet: UNetLayout?

    var hasAverage: Bool { !average.isEmpty }
    var sortedTensors: [ModelTensor] { tensors.sorted { utf8Less($0.path, $1.path) } }
    var sortedBesides: [ModelContents.Besides] { besides.sorted { utf8Less($0.tensor.name, $1.tensor.name) } }

    init(_ checkpoint: Checkpoint) {
        file = checkpoint.path
        let named = PipelineParts(checkpoint.metadata)
        var bare: [CheckpointTensor] = []
        for tensor in checkpoint.tensors {
            let name = tensor.name
            if let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")) {
                let (component, own) = (String(name[..<slash]), String(name[name.utf8.index(after: slash)...]))
                if ModelNaming.folders.contains(component), !own.contains("/") {
                    put(tensor, own, component, .common)
                } else if named.holds(component) {
                    leave(tensor, .unknown, "in \(component)/, a part of the model whose names are not known")
                } else {
                    leave(tensor, .beside, "in \(component)/, which is no part of the model")
                }
            } else if let found = ModelNaming.prefixes.first(where: { name.hasPrefix($0.prefix) }) {
                put(tensor, String(name.dropFirst(found.prefix.count)), found.component, found.naming)
            } else if let why = ModelNaming.buffer(name, of: ""), name != "logit_scale" {
                leave(tensor, .buffer, why)
            } else if name.hasPrefix(AveragedName.prefix) {
                average.append(tensor)
            } else if ModelNaming.trainingStates.contains(where: { name.hasPrefix($0) }) {
                leave(tensor, .training, "the state of a training")
            } else {
                bare.append(tensor)
            }
        }
        let isLone = groups.isEmpty
        if isLone, let (component, naming) = ModelNaming.bare(bare.map(\.name)) {
            for tensor in bare { put(tensor, tensor.name, component, naming) }
            isBare = true
        } else {
            for tensor in bare { leave(tensor, .unknown, "of no part of a model that is known") }
        }
        isForeign =
            groups.contains { $0.naming != .common }
            || checkpoint.tensors.contains { tensor in
                ModelNaming.prefixes.contains { tensor.name.hasPrefix($0.prefix) }
            }
        layout = name(isLone: isLone, checkpoint)
    }

    private mutating func put(_ tensor: CheckpointTensor, _ name: String, _ component: String, _ naming: ModelNaming) {
        if let place = groups.firstIndex(where: { $0.component == component && $0.naming == naming }) {
            groups[place].members.append((name, tensor))
        } else {
            groups.append((component, naming, [(name, tensor)]))
        }
    }

    private mutating func leave(
        _ tensor: CheckpointTensor, _ kind: ModelContents.Besides.Kind, _ why: String, as path: String? = nil
    ) {
        besides.append(ModelContents.Besides(tensor: tensor, kind: kind, why: why, path: path ?? tensor.name))
    }

    private func name(isLone: Bool, _ checkpoint: Checkpoint) -> String {
        func begins(_ prefix: String) -> Bool { checkpoint.tensors.contains { $0.name.hasPrefix(prefix) } }
        if groups.isEmpty { return "names of no layout that is known" }
        if isLone {
            let name = groups[0].component
            switch groups[0].naming {
            case .common: return name == "clip" || name == "text_encoder" ? "transformers' names" : "diffusers' names"
            case .ldm: return "LDM's names of the \(name)"
            case .openCLIP: return "open_clip's names"
            }
        }
        guard isForeign else { return "diffusers' folder" }
        if begins("conditioner.embedders.") { return "single file of Stable Diffusion XL (LDM names)" }
        if begins("cond_stage_model.transformer.") { return "single file of Stable Diffusion 1.x (LDM names)" }
        if begins("cond_stage_model.model.") { return "single file of Stable Diffusion 2.x (LDM names)" }
        return "single file (LDM names)"
    }

    // MARK: The common form

    mutating func translate(completedBy other: UNetLayout?) throws {
        for group in groups {
            let names = group.members.map(\.name)
            let table: LayoutTable?
            var unused: [String] = []
            switch (group.naming, group.component) {
            case (.common, let component):
                if component == "unet" { unet = UNetLayout(diffusers: names) }
                table = nil
            case (.ldm, "unet"):
                let blocks = UNetLayout(ldm: names).completed(by: other)
                (unet, table) = (blocks, blocks.table)
            case (.ldm, _): table = AutoencoderLayout(ldm: names).table
            case (.openCLIP, _):
                let layout = OpenCLIPLayout(openCLIP: names)
                table = layout.table
                // Stable Diffusion 2 takes the states before the last layer, which its folders therefore lack.
                if group.component == "text_encoder", groups.count > 1, let last = layout.lastTextLayer {
                    unused = ["transformer.resblocks.\(last).", "text_projection"]
                }
            }
            for (name, tensor) in group.members {
                func leave(_ kind: ModelContents.Besides.Kind, _ why: String) {
                    self.leave(tensor, kind, why, as: "\(group.component)/\(name)")
                }
                guard let table else {
                    let present = ModelNaming.present(name, of: group.component)
                    if present != name { isOlder = true }
                    try take(tensor, present, group.component, .same)
                    continue
                }
                if unused.contains(where: { name.hasPrefix($0) }) {
                    leave(.unused, "behind the states that Stable Diffusion 2 takes")
                    continue
                }
                let found = table.common(name)
                for (common, transform) in found { try take(tensor, common, group.component, transform) }
                if found.isEmpty { leave(.unknown, "of no tensor of a \(group.component) that is known") }
            }
        }
        for tensor in average { leave(tensor, .otherWeights, "averaged weights (EMA)") }
    }

    private mutating func take(
        _ tensor: CheckpointTensor, _ name: String, _ component: String, _ transform: LayoutTransform
    ) throws {
        if let why = ModelNaming.buffer(name, of: component) {
            leave(tensor, .buffer, why, as: "\(component)/\(name)")
            return
        }
        tensors.append(
            ModelTensor(
                component: component, tensor: try transform.common(tensor, named: name, file: file), stored: tensor,
                transform: transform))
    }

    // MARK: Averaged weights

    /// Puts the average in the place of the UNet's weights: its names are theirs without dots.
    mutating func takeAverage() throws {
        guard hasAverage else {
            throw fault(nil, "there are no averaged weights (EMA) in it", "choose plain")
        }
        guard tensors.contains(where: { $0.component == "unet" }) else { return try takeAverageAlone() }
        var byName: [String: CheckpointTensor] = [:]
        for tensor in average { byName[tensor.name] = tensor }
        var own: [ModelTensor] = []
        for tensor in tensors where tensor.component == "unet" {
            let name = AveragedName.prefix + tensor.stored.name.dropFirst("model.".count).filter { $0 != "." }
            guard let averaged = byName[name] else {
                throw fault(name, "the average lacks a weight of the UNet", "the file is cut, or choose plain")
            }
            guard averaged.shape == tensor.stored.shape else {
                throw CheckpointError(
                    .shape, file: file, tensor: name, "of another shape than the weight that it is the average of",
                    expected: "\(tensor.stored.shape)", found: "\(averaged.shape)")
            }
            own.append(
                ModelTensor(
                    component: "unet",
                    tensor: try tensor.transform.common(averaged, named: tensor.tensor.name, file: file),
                    stored: averaged, transform: tensor.transform))
        }
        for tensor in tensors where tensor.component == "unet" {
            leave(tensor.stored, .otherWeights, "the trained weights, of which the average was chosen")
        }
        choose(own)
    }

    /// The average of a file that does not have the weights that were averaged.
    private mutating func takeAverageAlone() throws {
        let prefix = ModelNaming.prefixes.first { $0.component == "unet" }!.prefix
        let named = try average.map { tensor in
            guard let name = AveragedName.weight(tensor.name), name.hasPrefix(prefix) else {
                throw fault(tensor.name, "not the average of a UNet's weight that is known", nil)
            }
            return (name: String(name.dropFirst(prefix.count)), tensor: tensor)
        }
        let blocks = UNetLayout(ldm: named.map(\.name))
        (unet, isForeign) = (blocks, true)
        let table = blocks.table
        choose(
            try named.map { name, tensor in
                guard let (common, transform) = table.common(name).first else {
                    throw fault(tensor.name, "not the average of a UNet's weight that is known", nil)
                }
                return ModelTensor(
                    component: "unet", tensor: try transform.common(tensor, named: common, file: file), stored: tensor,
                    transform: transform)
            })
    }

    /// Makes averaged weights the UNet's.
    private mutating func choose(_ own: [ModelTensor]) {
        let used = Set(own.map(\.stored.name))
        besides.removeAll { $0.kind == .otherWeights && used.contains($0.tensor.name) }
        tensors = tensors.filter { $0.component != "unet" } + own
    }

    private func fault(_ tensor: String?, _ problem: String, _ hint: String?) -> CheckpointError {
        CheckpointError(
            .missingTensor, file: file, tensor: tensor, problem,
            expected: "\(AveragedName.prefix)diffusion_model… for each weight of the UNet", hint: hint)
    }
}
