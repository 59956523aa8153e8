import ArgumentParser
import Audit
import Compute
import Ledger

extension CalibrateCommand {
    /// `smpo calibrate measure`: what a calibration starts for each configuration.
    struct Measure: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replay a calibration's steps and print the distances as JSON (calibrate runs it).",
            discussion: ExitStatus.help([.success, .trouble, .tampered, .usage]), shouldDisplay: false)

        /// The run's name in the folder of a calibration.
        static let run = "calibration"

        @Argument(help: "Folder with the recorded steps.")
        var folder: String

        @Option(help: "reference or openblas.")
        var backend: String

        @OptionGroup var engineOptions: EngineOptions

        func validate() throws {
            guard Backend(rawValue: backend) != nil else {
                throw ValidationError("--backend: expected reference or openblas, found \"\(backend)\"")
            }
        }

        func run() throws {
            guard let backend = Backend(rawValue: backend) else { return }
            let engine = try engineOptions.engine()
            defer { engine.stop() }
            let measurement = try BandMeasurement(
                of: Measure.run, in: Workspace(root: folder), on: backend, engine: engine)
            print(measurement.json.canonical)
        }
    }
}
