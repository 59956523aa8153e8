import Core
import Foundation

/// A run in the layout of MLflow's file store: a tracking folder (`mlruns`) with an experiment and the run in it, which
/// `mlflow ui --backend-store-uri` and `mlflow.search_runs` read.
///
/// The run's id is the beginning of its chain head, or of its manifest's digest while it has no outcome; the
/// experiment's that of the recipe's name. The ledger does not keep the time of every step, so all numbers of a series
/// carry the time at which the run began.
package struct MLflowFolder {
    /// The files, by their paths below the tracking folder.
    package let files: [(path: String, text: String)]
    /// The run's folder below the tracking folder.
    package let runFolder: String

    /// The files of `run` for a tracking folder at the absolute path `root`.
    package init(_ run: ExportedRun, root: String) {
        let base = URL(fileURLWithPath: root, isDirectory: true).absoluteString
        let name = run.summary.recipe.isEmpty ? "smpo" : run.summary.recipe
        // MLflow's ids of experiments are decimal numbers.
        let experiment = "\(UInt64(Digest.sha256(Array(name.utf8)).hex.prefix(14), radix: 16) ?? 0)"
        let id = String((run.manifest.outcome?.chainHead ?? run.manifest.digest).hex.prefix(32))
        let (start, end) = run.times
        runFolder = "\(experiment)/\(id)"
        func yaml(_ members: [(String, String)]) -> String { members.map { "\($0): \($1)\n" }.joined() }
        func quoted(_ text: String) -> String { JSONValue.string(text).canonical }
        let folder = runFolder
        files =
            [
                (
                    "\(experiment)/meta.yaml",
                    yaml([
                        ("artifact_location", quoted("\(base)\(experiment)")), ("creation_time", "\(start)"),
                        ("experiment_id", quoted(experiment)), ("last_update_time", "\(start)"),
                        ("lifecycle_stage", "active"), ("name", quoted(name)),
                    ])
                ),
                (
                    "\(folder)/meta.yaml",
                    yaml([
                        ("artifact_uri", quoted("\(base)\(folder)/artifacts")),
                        ("end_time", end.map { "\($0)" } ?? "null"),
                        ("entry_point_name", "''"), ("experiment_id", quoted(experiment)),
                        ("lifecycle_stage", "active"), ("run_id", quoted(id)), ("run_name", quoted(run.summary.name)),
                        ("run_uuid", quoted(id)), ("source_name", "''"), ("source_type", "4"),
                        ("source_version", "''"), ("start_time", "\(start)"),
                        ("status", MLflowFolder.status(run)), ("tags", "[]"), ("user_id", "smpo"),
                    ])
                ),
                ("\(folder)/artifacts/manifest.json", run.manifest.json.pretty),
                ("\(folder)/tags/mlflow.runName", run.summary.name),
            ]
            + run.parameters.map { ("\(folder)/params/\($0.name)", String($0.value.prefix(6000))) }
            + run.identity.map { ("\(folder)/tags/smpo.\($0.name)", $0.value) }
            + run.series.map { series in
                (
                    "\(folder)/metrics/\(MLflowFolder.metric(series.name))",
                    series.points.map { "\(start) \(MLflowFolder.number($0.value)) \($0.step)\n" }.joined()
                )
            }
    }

    /// MLflow's numbers of the states finished, running and killed.
    private static func status(_ run: ExportedRun) -> String {
        switch run.summary.state {
        case .finished: "3"
        case .running: "1"
        case .interrupted: "5"
        }
    }

    /// Names may hold letters, digits, `_ - . /` and blanks.
    private static func metric(_ name: String) -> String { name.replacing(/[^A-Za-z0-9_\-. \/]/, with: "_") }

    /// Numbers as Python reads them.
    private static func number(_ value: Double) -> String { value.isNaN ? "nan" : "\(value)" }
}
