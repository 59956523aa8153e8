import Core
import Foundation
import Ledger
import Testing

/// What is golden is of the reference backend.
@Suite struct GoldenBackendTests {
    @Test func anotherBackendIsRefusedBeforeAnythingIsWritten() throws {
        let folder = NSTemporaryDirectory() + "golden-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let inputs = ManifestInputs(backend: "openblas", recipe: ["name": "x"], seed: 1)
        let manifest = Manifest(
            run: "run-9", inputs: inputs,
            circumstances: ManifestCircumstances(isa: "any", workers: 1, build: "test", host: "test"),
            outcome: ManifestOutcome(chain: Chain(inputs: inputs.digest), weightsDigest: .of(.document, "weights")))
        let error = #expect(throws: GoldenBackendError.self) {
            try GoldenLog.write(folder: folder, manifest: manifest) { _ in Issue.record("no step is asked for") }
        }
        #expect(error == GoldenBackendError(folder: folder, run: "run-9", backend: "openblas"))
        #expect(!FileContents.exists(folder))
    }
}
