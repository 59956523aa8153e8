import Core
import Ledger
import Training

/// One run: all that is known of it here, verified. Manifest, golden log, ledger and signatures are checked against
/// themselves and against each other when it is opened; model and data are opened when they are asked for.
package final class Run {
    /// The run's name.
    package let name: String
    /// The workspace of its documents, ledger and model.
    package let workspace: Workspace
    /// The manifest, its digest verified.
    package let manifest: Manifest
    /// The golden log's steps, their chain verified; nil if the run has none.
    package let golden: [StoredStep]?
    /// The ledger's steps, verified; nil if the ledger does not have the run.
    package let ledger: [StoredStep]?
    /// The outcome that each document states, and the document's path.
    package let outcomes: [(file: String, outcome: ManifestOutcome)]
    /// The run's signers; empty when nobody has signed it.
    package let signers: Attestations.Signers
    /// Whether the ledger has a run of this name that the golden one has taken the place of; it counts for nothing.
    package let replacesRun: Bool
    /// The digests that the ledger's outcome states of the rows beside the steps, which hold; nil where it states none.
    package let seal: LedgerSeal?
    /// The steps of checkpoints that the ledger's outcome states and that were taken out since.
    let prunedCheckpoints: [Int]
    /// Whether the ledger holds the run as one that is not finished, although a document states an outcome: an older
    /// copy, or one of which somebody took the outcome, and with it what its rows are held against.
    let statesMoreThanLedger: Bool
    /// How many objects of the run were not read, where only those of some steps were asked for.
    let unreadObjects: Int
    let store: LedgerStore?
    let log: GoldenLog?

    private lazy var decodedRecipe = Result {
        try Recipe(json: JSONCursor(manifest.inputs.recipe, name: "inputs.recipe", file: workspace.manifest(name)))
    }
    /// The data that the run trained on, or why it is not at hand.
    package private(set) lazy var data = openData()

    /// There is no run of this name.
    package struct UnknownRun: Error, CustomStringConvertible {
        /// The run.
        package let run: String
        /// Runs that are known.
        package let known: [String]
        /// The message.
        package var description: String {
            "no run named \"\(run)\": expected Manifests/\(run).json, Golden/\(run)/ or a run in the ledger"
                + (known.isEmpty ? "" : "; known runs: \(known.joined(separator: ", "))")
        }
    }

    /// Opens and verifies a run; an acceptance that was cut off is finished first. Signatures are held against `keys`.
    /// - Parameter objects: which of its objects are read.
    /// - Throws: `TamperError` when a hash, a link or a signature does not hold, or documents do not agree;
    /// `UnknownRun`.
    package init(
        _ name: String, in workspace: Workspace, keys: [VerifyingKey] = [], reading objects: ObjectScope = .all
    ) throws {
        self.name = name
        self.workspace = workspace
        try AcceptanceJournal.finish(in: workspace)
        let hasGolden = GoldenLog.exists(folder: workspace.golden(name))
        let log = hasGolden ? try GoldenLog(folder: workspace.golden(name)) : nil
        golden = try log?.steps()
        if let log { try GoldenHistory(of: name, in: workspace).check(log) }
        self.log = log

        let store = try workspace.existingLedger()
        let known = try store?.runs().map(\.name) ?? []
        var recorded: [StoredStep] = []
        var verified =
            known.contains(name)
            ? try store?.verify(name, objects: workspace.objects, of: objects) { recorded.append($0) } : nil
        unreadObjects = verified?.unreadObjects ?? 0
        replacesRun = try Run.isReplaced(verified, log, workspace)
        if replacesRun { verified = nil }
        ledger = verified == nil ? nil : recorded
        seal = verified?.manifest.outcome?.ledger
        prunedCheckpoints = verified?.prunedCheckpoints ?? []
        self.store = verified == nil ? nil : store

        let path = workspace.manifest(name)
        let documents = RunDocuments(
            run: name, written: FileContents.exists(path) ? (path, try Manifest.read(path)) : nil,
            golden: log.map { ("\(workspace.golden(name))/manifest.json", $0.manifest) },
            ledger: verified.map { (workspace.ledger, $0.manifest) })
        guard let first = documents.first else { throw UnknownRun(run: name, known: known) }
        try documents.requireAgreement()
        manifest = first
        outcomes = documents.outcomes
        statesMoreThanLedger = verified.map { $0.manifest.outcome == nil } == true && !documents.outcomes.isEmpty
        signers = try Attestations.read(workspace.attestations(name))?.check(first, keys: keys) ?? .init()
    }

    /// Whether the ledger's run is what the golden one was before somebody accepted another in its place, with a
    /// reason: the name means the golden run now.
    private static func isReplaced(_ verified: VerifiedRun?, _ log: GoldenLog?, _ workspace: Workspace) throws -> Bool {
        guard let verified, let log else { return false }
        let head = verified.chain.head
        // Of equal steps another model may have been accepted: files that are written otherwise.
        guard head != log.outcome.chainHead || verified.manifest.outcome?.files != log.outcome.files else {
            return false
        }
        return try GoldenHistory(of: log.manifest.run, in: workspace).records.contains { $0.oldHead == head }
    }

    /// The manifest's recipe. - Throws: `SettingsError` for one that this program cannot read.
    package var recipe: Recipe { get throws { try decodedRecipe.get() } }

    /// Why a replay under `contract` is not held against the run; nil where it was recorded under that one.
    func difference(from contract: Contract) -> ContractDifference? {
        ContractDifference(
            "\(name) was recorded", under: manifest.inputs.contract, "the replay computes", under: contract.rawValue)
    }

    /// Says that nobody known has signed the run.
    var missingSignature: String {
        "\(workspace.attestations(name)): expected a signature by a known key, found "
            + (signers.unknown.isEmpty ? "none" : "one by \(signers.unknown.joined(separator: ", "))")
    }
}
