import Core
import Ledger

/// A band was calibrated for another run than the one that is to be recorded with it.
package struct BandMisfit: Error, Equatable, CustomStringConvertible {
    /// What does not fit.
    package let what: String
    /// What the run has, and what the band has.
    package let expected: String, found: String
    /// How to get one that fits.
    package static let hint = "smpo calibrate makes a band for a recipe, with the same --set and --workers"

    /// One line.
    package var description: String {
        "the band does not fit the run: \(what): expected \(expected), found \(found); \(BandMisfit.hint)"
    }
}

extension Band {
    /// Refuses a run that the band was not calibrated for: on the reference backend, of another contract, recipe, model or data,
    /// with other parameters, or of a configuration of OpenBLAS that was not among the measured ones.
    /// - Throws: `BandMisfit`.
    func requireFit(_ recipe: Recipe, inputs: ManifestInputs, parameters: [String]) throws {
        guard inputs.backend != ManifestInputs.referenceBackend else {
            throw BandMisfit(
                what: "the backend", expected: "a foreign one, such as openblas",
                found: "\(inputs.backend), whose runs are compared bit by bit")
        }
        guard recipe.training.lanes == 1 else {
            throw BandMisfit(
                what: "training.lanes", expected: "1, for no band bounds the digest of a lane",
                found: "\(recipe.training.lanes)")
        }
        guard utf8Equal(inputs.contract, contract) else {
            throw BandMisfit(what: "the contract", expected: inputs.contract, found: contract)
        }
        let digest = Digest.of(.recipe, recipe.json)
        guard digest == self.recipe else {
            throw BandMisfit(what: "the recipe's digest", expected: digest.hex, found: self.recipe.hex)
        }
        for name in Set(digests.keys).union(inputs.digests.keys).sorted(by: utf8Less)
        where digests[name] != inputs.digests[name] {
            throw BandMisfit(
                what: "the digest of \(name)", expected: inputs.digests[name]?.hex ?? "none",
                found: digests[name]?.hex ?? "none")
        }
        let (trained, banded) = (Set(parameters), Set(bounds.gradients.keys))
        if let name = trained.symmetricDifference(banded).min(by: utf8Less) {
            throw BandMisfit(
                what: "the gradient of \(name)", expected: trained.contains(name) ? "a bound" : "none",
                found: banded.contains(name) ? "a bound" : "none")
        }
        let configuration = inputs.configuration
        guard ([calibration.recorded] + calibration.replayed).contains(configuration) else {
            throw BandMisfit(
                what: "the configuration", expected: configuration.canonical,
                found: ([calibration.recorded] + calibration.replayed).map(\.canonical).joined(separator: ", "))
        }
    }
}

extension ManifestInputs {
    /// What computes: the backend, and what its bits depend on besides the contract.
    package var configuration: JSONValue {
        var object = other
        object[Band.member] = nil
        object["backend"] = .string(backend)
        return .object(object)
    }
}
