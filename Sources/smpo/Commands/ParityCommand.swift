import ArgumentParser
import Checkpoints
import Foundation
import Ledger
import Training

/// `smpo parity`: a case of another framework, by its kind.
struct ParityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parity",
        abstract: "Compute a case of another framework, to hold its tensors against ours.",
        discussion: """
            A case is a JSON object with the member kind, one of
            \(ParityKinds.all.map { $0.kind }.joined(separator: ", ")).
            What it begins with is read from --inputs; files that it names are
            looked for beside it, below --model and below --data. The tensors are
            written under the names, and in the element types, of the case's own
            results, to be compared by any program. smpo step does the same for
            steps of a training.

            EXAMPLES
              smpo parity --model sd --case sd/cases/vae.json --inputs sd/inputs/vae.safetensors --out vae.safetensors

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Option(help: "Folder of the model, or of what else the case is about.")
    var model: String

    @Option(name: .customLong("case"), help: "The case, JSON.")
    var caseFile: String

    @Option(help: "Tensors to begin with, safetensors.")
    var inputs: String?

    @Option(help: "Folder of files that the case names.")
    var data: String?

    @Option(help: "File to write, safetensors.")
    var out: String

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    func run() throws {
        try OutputFile("--out", out).require(sparing: [model, caseFile, inputs, data], Workspace())
        let engine = try deviceOptions.engine(engineOptions)
        defer { engine.stop() }
        let task = try ParityTask(model: model, case: caseFile, inputs: inputs, data: data, engine: engine)
        let tensors = try task.tensors()
        try Safetensors.write(tensors: tensors, to: out)
        for (name, tensor) in tensors { print("\(name)  \(tensor.dtype.rawValue) \(tensor.shape)") }
    }
}
