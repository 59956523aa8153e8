import Comparison
import Core
import Ledger

/// Makes a band from the distances of other configurations' replays of recorded steps from the record.
package struct BandCalibrator {
    /// The configurations in the order in which they were added.
    package private(set) var configurations: [CalibratedConfiguration]
    private var measured: [(title: String, measurement: BandMeasurement)] = []
    private let recorded: (title: String, configuration: JSONValue)

    /// Of steps that `configuration` recorded.
    package init(recordedBy title: String, configuration: JSONValue) {
        recorded = (title, configuration)
        configurations = [CalibratedConfiguration(title: title, outcome: .recorded)]
    }

    /// Takes in a configuration that gave no numbers of its own.
    package mutating func add(_ title: String, _ outcome: CalibratedConfiguration.Outcome) {
        configurations.append(CalibratedConfiguration(title: title, outcome: outcome))
    }

    /// Takes in a measurement, unless its numbers are in already: kernels under two names may be the same.
    package mutating func add(_ title: String, _ measurement: BandMeasurement) {
        let isExact = measurement.steps.joined().allSatisfy { $0.amount == 0 }
        // The reference counts even if it should agree: it is what audits replay on.
        let isReference = measurement.configuration == ["backend": .string(ManifestInputs.referenceBackend)]
        if isExact, !isReference { return add(title, .sameBits(recorded.title)) }
        if let twin = measured.first(where: { $0.measurement.steps == measurement.steps }) {
            return add(title, .sameBits(twin.title))
        }
        measured.append((title, measurement))
        add(title, .measured(measurement.largest))
    }

    /// The reason why no band can be made.
    package struct Unusable: Error, Equatable, CustomStringConvertible {
        /// The reason, with numbers.
        package let reason: String
        /// With a reason.
        package init(reason: String) { self.reason = reason }
        /// One line.
        package var description: String { "no band can be calibrated: \(reason)" }
    }

    /// The bounds: of all latents, errors and losses together, and of each gradient by itself, the nearest-rank
    /// quantile of the distances times the margin, at least the floor. A gradient's own distances count where they are
    /// greater than those of all gradients together: a few steps show what roundings do to gradients, not the worst
    /// step of each parameter, whose gradient may be small there.
    /// - Throws: `Unusable` without measurements, and where a bound would hold for anything.
    package func band(
        contract: String = Contract.ref1.rawValue, recipe: Digest, digests: [String: Digest], steps: Int,
        quantile: Double, margin: Double
    ) throws -> Band {
        precondition(quantile > 0 && quantile <= 1 && margin >= 1)
        guard !measured.isEmpty else { throw Unusable(reason: "no configuration was measured") }
        var samples: [BandQuantity: [Double]] = [:]
        var gradients: [String: [Double]] = [:]
        for deviation in measured.flatMap({ $0.measurement.steps.joined() }) {
            if deviation.quantity == .gradients {
                gradients[deviation.name, default: []].append(deviation.amount)
            } else {
                samples[deviation.quantity, default: []].append(deviation.amount)
            }
        }
        func relative(_ values: [Double], _ name: String) throws -> Double {
            let bound = max(BandCalibration.relativeFloor, BandCalibrator.quantile(values, quantile) * margin)
            guard bound < 1 else {
                throw Unusable(reason: "\(name) would have the bound \(bound), within which anything is")
            }
            return bound
        }
        func ulp(_ values: [Double], _ name: String) throws -> UInt64 {
            let bound = (BandCalibrator.quantile(values, quantile) * margin).rounded(.up)
            // All numbers between a number and twice of it are 2^23 apart: wider says nothing.
            guard bound < 0x1p23 else {
                throw Unusable(reason: "\(name) would have the bound \(bound) ULP, within which anything is")
            }
            return max(BandCalibration.ulpFloor, UInt64(bound))
        }
        let pooled = BandCalibrator.quantile(gradients.values.flatMap(\.self), quantile)
        let bounds = BandBounds(
            latents: try relative(samples[.latents] ?? [], "the latents"),
            errors: try ulp(samples[.errors] ?? [], "the errors"), loss: try ulp(samples[.loss] ?? [], "the losses"),
            gradients: try Dictionary(
                uniqueKeysWithValues: gradients.map { name, own in
                    let greater = max(pooled, BandCalibrator.quantile(own, quantile))
                    return (name, try relative([greater], "the gradient of \(name)"))
                }))
        let calibration = BandCalibration(
            steps: steps, quantile: quantile, margin: margin, recorded: recorded.configuration,
            replayed: measured.map(\.measurement.configuration))
        return Band(
            contract: contract, recipe: recipe, digests: digests, bounds: bounds, calibration: calibration)
    }

    /// The smallest value that at least the share `share` of the values does not exceed; 0 of none.
    static func quantile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[max(0, min(sorted.count, Int((share * Double(sorted.count)).rounded(.up))) - 1)]
    }
}
