import Core
import Ledger
import Reports

/// The workspace's ledger: whether it opens and is whole, and whether the chain of every run holds.
struct LedgerCheck {
    let workspace: Workspace

    var section: HealthReport.Section {
        do {
            guard let store = try workspace.existingLedger() else {
                return section(.null, [(label: "ledger", text: "none in this folder")], [])
            }
            return try look(at: store)
        } catch {
            return section([:], [(label: "ledger", text: workspace.ledger)], [HealthReport.Fault(of: error)])
        }
    }

    private func look(at store: LedgerStore) throws -> HealthReport.Section {
        let (health, runs) = (try store.health(), try store.runs())
        var faults = health.damage.map { HealthReport.Fault(.trouble, "\(workspace.ledger): \($0)") }
        if let kind = NetworkFileSystem.name(of: workspace.ledger) {
            faults.append(HealthReport.Fault(.trouble, "\(LedgerError.onNetwork(path: workspace.ledger, kind: kind))"))
        }
        faults += health.strangeTables.map { HealthReport.Fault(.tampered, "\(workspace.ledger): \($0)") }
        var (verified, steps) = (0, 0)
        for run in runs {
            do {
                steps += try store.verify(run.name).chain.count
                verified += 1
            } catch {
                faults.append(HealthReport.Fault(of: error))
            }
        }
        let size = FileContents.size(workspace.ledger) ?? 0
        let value: JSONValue = [
            "path": .string(workspace.ledger), "bytes": .integer(size), "schema": .integer(health.schema),
            "newest_schema": .integer(LedgerHealth.newestSchema), "is_whole": .bool(health.damage.isEmpty),
            "runs": .integer(runs.count), "verified_runs": .integer(verified), "verified_steps": .integer(steps),
            "writers": .array(health.writers.map { .string($0) }),
        ]
        let chains = "\(verified) of \(runs.count) runs hold, \(steps) steps; stored values are not read"
        return section(
            value,
            [
                (label: "ledger", text: "\(workspace.ledger), \(size) bytes"),
                (label: "schema", text: "\(health.schema); this program's is \(LedgerHealth.newestSchema)"),
                (label: "integrity check", text: health.damage.isEmpty ? "nothing damaged" : "damaged"),
                (label: "chains", text: chains),
                (
                    label: "recording now",
                    text: health.writers.isEmpty ? "nobody" : health.writers.joined(separator: "; ")
                ),
            ], faults)
    }

    private func section(
        _ value: JSONValue, _ lines: [(label: String, text: String)], _ faults: [HealthReport.Fault]
    ) -> HealthReport.Section {
        HealthReport.Section("workspace", key: "ledger", value: value, lines: lines, faults: faults)
    }
}

extension HealthReport.Fault {
    /// The fault of an error: evidence that does not hold, or trouble.
    init(of error: any Error) { self.init(error is TamperError ? .tampered : .trouble, "\(error)") }
}
