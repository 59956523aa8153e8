import Core
import Ledger

/// The golden and the other runs of a workspace, by their manifests.
struct ManifestSurvey {
    /// Runs whose manifest has the mark of a golden run (`GoldenMark`).
    let golden: Set<String>
    /// Runs whose manifest has none, in byte order.
    let others: [String]
    /// Runs of whose manifest it cannot be told, with why.
    let unreadable: [String: String]

    /// Looks at `Manifests/*.json`. Whether they hold is for an audit to say. - Throws: `FileError`.
    init(_ workspace: Workspace) throws {
        var (golden, others, unreadable): (Set<String>, [String], [String: String]) = ([], [], [:])
        let names = FileContents.exists(workspace.manifests) ? try FileContents.names(in: workspace.manifests) : []
        for name in names where name.hasSuffix(".json") {
            let run = String(name.dropLast(5))
            guard RunName.isValid(run) else { continue }
            let path = workspace.manifest(run)
            do {
                let circumstances = try JSONCursor(JSONValue.read(path), name: "manifest", file: path)["circumstances"]
                if try circumstances[GoldenMark.key].present != nil { golden.insert(run) } else { others.append(run) }
            } catch {
                unreadable[run] = "\(error): whether its run is golden cannot be told"
            }
        }
        self.golden = golden
        self.others = others
        self.unreadable = unreadable
    }
}
