import ArgumentParser
import Foundation
import Ledger
import Training

/// `smpo step`: a case of another framework, computed here.
struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Run a case with explicit tensors, to hold another framework against this one.",
        discussion: """
            Reads a model folder (unet/, ref_unet/, schedule.safetensors or scheduler/), the hyper-parameters of a case
            and its inputs: x0 [steps, 2·pairs, c, h, w] with the winners first, ctx, t, scores, for SDXL pooled and time_ids,
            and noise: noise_pair for dpo and mapo, noise and kto_t [steps, 2·pairs] for kto. Writes losses.json, step0.safetensors (latents along the inversion, target, predictions, errors),
            grads.safetensors (before clipping) and weights_01, _05, _20.safetensors under diffusers' names.

            EXAMPLES
              smpo step --model sd --case sd/cases/smpo.json --inputs sd/inputs.safetensors --out /tmp/smpo

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Option(help: "Model folder.")
    var model: String

    @Option(name: .customLong("case"), help: "Hyper-parameters, JSON.")
    var caseFile: String

    @Option(help: "Input tensors, safetensors.")
    var inputs: String

    @Option(help: "Folder to write into; made if it is missing.")
    var out: String

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    func run() throws {
        try OutputFile("--out", out).requireOutsideEvidence(Workspace())
        let engine = try deviceOptions.engine(engineOptions)
        defer { engine.stop() }
        let run = try ParityRun(model: model, hp: ParityCase(path: caseFile), inputs: inputs, engine: engine)
        try run.run(into: out) { step, losses in
            print("step \(step)  loss \(losses.loss)  gradient norm \(losses.gradientNorm)  lr \(losses.learningRate)")
        }
    }
}
