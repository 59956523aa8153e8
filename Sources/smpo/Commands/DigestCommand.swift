import ArgumentParser
import Checkpoints
import Comparison
import Compute
import Core
import Ledger

/// `smpo digest`
struct DigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "Print the identity of a checkpoint's weights.",
        discussion: """
            The digest is over names, element types, shapes and numbers of all
            tensors, in the order of their names. The same state has one digest,
            whether it is saved twice, sharded, reordered, or as safetensors,
            PyTorch or GGUF file; sha256sum tells apart what is the same. It is
            the weights digest of the manifests: for a recorded run it is that of
            Manifests/RUN.json. A manifest's inputs name weights as Float32, so
            those of a model stored as F16 or BF16 have another digest there.

            A folder that holds files that can be weights and are not read has no
            digest: name the file itself, or leave others out by --ignore-file.

            Of a single file with LDM's names (Stable Diffusion 1.x, XL), or one with
            open_clip's, the weights of each part of the model have a digest of
            their own, under the names that diffusers and transformers give them:
            that of the part's folder. Of a folder that an older version wrote,
            or that has buffers (position_ids), these are printed too, under
            present names and without buffers; of any by --components.

            EXAMPLES
              smpo digest model.safetensors
              smpo digest sd15/unet --tensors
              smpo digest run-1@step-60
              smpo digest v1-5-pruned.ckpt --weights ema
              smpo digest sd15 --components

            \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
            """)

    @Argument(help: "A checkpoint: file, index, folder, or RUN@step-N.")
    var checkpoint: String

    @Flag(help: "Print a line for each tensor too.")
    var tensors = false

    @Flag(help: "Print the digest of each part of the model too, under the names of its folder.")
    var components = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var choice: WeightsOptions
    @OptionGroup var folders: FolderOptions
    @OptionGroup var engineOptions: EngineOptions

    func run() throws {
        let workspace = Workspace()
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let opened = try CheckpointInput(checkpoint, workspace: workspace).checkpoint(
            workspace, engine: engine, ignoring: folders.ignoreFile)
        try requireWhole(opened)
        let digests = try CheckpointDigest.tensors(of: opened, on: engine.pool)
        let root = try WeightsDigest.root(digests)
        let parts = try parts(of: opened, engine)
        if json {
            var members: [(String, JSONValue)] = [
                ("schema", "smpo/checkpoint-digest/1"), ("path", .string(checkpoint)), ("digest", .digest(root)),
            ]
            if tensors {
                members.append(
                    ("tensors", .array(digests.map { ["name": .string($0.name), "digest": .digest($0.digest)] })))
            }
            if !parts.isEmpty {
                members.append(
                    (
                        "components",
                        .array(parts.map { ["name": .string($0.name), "digest": .digest($0.digest)] })
                    ))
            }
            print(JSONValue.object(JSONObject(members)).pretty)
        } else {
            if tensors { for (name, digest) in digests { Message.line("\(digest.hex)  \(name)") } }
            Message.line("\(root.hex)  \(checkpoint)")
            for (name, digest) in parts { Message.line("\(digest.hex)  \(checkpoint): \(name)") }
        }
    }

    /// The digest of each part of a model that the tensors are of, where the names do not say it or it was asked for.
    private func parts(of opened: Checkpoint, _ engine: Engine) throws -> [(name: String, digest: Digest)] {
        let contents = try ModelContents(opened, weights: choice.weights ?? .plain)
        let isTold = contents.isForeign || contents.isOlder || contents.besides.contains { $0.kind == .buffer }
        guard isTold || contents.hasAverage || components else { return [] }
        guard !contents.tensors.isEmpty || !components else {
            throw CheckpointError(
                .layout, file: opened.path, "no tensor of a part of a model that is known",
                expected: "names of diffusers, transformers, LDM or open_clip", hint: "leave out --components")
        }
        return try CheckpointDigest.components(of: contents, on: engine.pool)
    }

    /// A digest stands for all weights, and for some.
    private func requireWhole(_ opened: Checkpoint) throws {
        guard opened.unread.isEmpty else {
            let files = opened.unread.map { "\($0.path) (\($0.why))" }
            throw CheckpointError(
                .layout, file: opened.path,
                "\(files.count) \(files.count == 1 ? "file" : "files") that can hold weights not read",
                found: files.joined(separator: "; "),
                hint: "name the file itself, or leave these out by --ignore-file")
        }
        guard !opened.tensors.isEmpty else {
            throw CheckpointError(.layout, file: opened.path, "there is no tensor, so there is nothing to digest")
        }
        for pattern in folders.ignoreFile where !opened.files.contains(where: { NamePattern.matches(pattern, $0.path) })
        {
            throw CheckpointError(.layout, file: opened.path, "--ignore-file \"\(pattern)\" matches no file")
        }
    }
}
