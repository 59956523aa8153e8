import ArgumentParser
import Comparison
import Digests
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
            Manifests/RUN.json.

            EXAMPLES
              smpo digest model.safetensors
              smpo digest sd15/unet --tensors
              smpo digest run-1@step-60

            \(ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))
            """)

    @Argument(help: "A checkpoint: file, index, folder, or RUN@step-N.")
    var checkpoint: String

    @Flag(help: "Print a line for each tensor too.")
    var tensors = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    func run() throws {
        let workspace = Workspace()
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let opened = try CheckpointInput(checkpoint, workspace: workspace).checkpoint(workspace, engine: engine)
        let digests = try CheckpointDigest.tensors(of: opened, on: engine.pool)
        let root = try WeightsDigest.root(digests)
        if json {
            var members: [(String, JSONValue)] = [
                ("schema", "smpo/checkpoint-digest/1"), ("path", .string(checkpoint)), ("digest", .digest(root)),
            ]
            if tensors {
                members.append(
                    ("tensors", .array(digests.map { ["name": .string($0.name), "digest": .digest($0.digest)] })))
            }
            print(JSONValue.object(JSONObject(members)).pretty)
        } else {
            if tensors { for (name, digest) in digests { Message.line("\(digest.hex)  \(name)") } }
            Message.line("\(root.hex)  \(checkpoint)")
        }
    }
}
