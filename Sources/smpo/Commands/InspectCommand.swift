import ArgumentParser
import Checkpoints
import Core
import Ledger
import Reports

/// `smpo inspect`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "List what is in a checkpoint: tensors, shapes, types, sizes.",
        discussion: """
            Reads headers only. By default parameters are summed up by module;
            --depth says how many parts of the names make a module. Of a folder
            it names the files that are not read, and why. Of a single file with
            LDM's names, or one with open_clip's, it says of which parts of a
            model the tensors are, whether there are averaged weights (EMA), and
            what is no part of the model.

            EXAMPLES
              smpo inspect model.safetensors
              smpo inspect sd15 --depth 1
              smpo inspect model.ckpt --tensors

            \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
            """)

    @Argument(help: "A checkpoint: file, index, folder, or RUN@step-N.")
    var checkpoint: String

    @Flag(help: "List every tensor.")
    var tensors = false

    @Flag(help: "Show the metadata: what the files say besides tensors.")
    var metadata = false

    @Option(help: "Parts of a name that make a module.")
    var depth = 2

    @Flag(help: "Print the result as JSON, every tensor included.")
    var json = false

    @OptionGroup var folders: FolderOptions
    @OptionGroup var engineOptions: EngineOptions

    func validate() throws {
        if depth < 1 { throw ValidationError("--depth must be at least 1, found \(depth)") }
    }

    func run() throws {
        let workspace = Workspace()
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let opened = try CheckpointInput(checkpoint, workspace: workspace).checkpoint(
            workspace, engine: engine, ignoring: folders.ignoreFile)
        let contents = try ModelContents(opened)
        let isForeign = contents.isForeign || contents.hasAverage
        let text = CheckpointText(opened, showsMetadata: metadata, contents: isForeign ? contents : nil)
        print(json ? text.json.pretty : tensors ? text.tensors : text.modules(depth: depth))
    }
}
