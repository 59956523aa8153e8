import Comparison
import Core
import Ledger

/// The part of an audit's report on a band.
package struct BandFindings: Sendable {
    /// The manifest's band.
    package let band: Band
    /// Of each quantity the deviation that came nearest to its bound, or went furthest beyond, and the step.
    package internal(set) var nearest: [BandQuantity: (step: Int, deviation: Deviation)] = [:]
    /// The verdicts that the standard tamperings would have got; nil when the audit ended before.
    package internal(set) var power: DetectionPower?
    /// The deviation that the band does not hold, for `diverged`.
    package internal(set) var excess: Deviation?

    init(band: Band) { self.band = band }

    mutating func note(_ deviations: [Deviation], step: Int) {
        for deviation in deviations {
            let known = nearest[deviation.quantity]?.deviation.share(of: band.bounds) ?? -1
            if deviation.share(of: band.bounds) > known { nearest[deviation.quantity] = (step, deviation) }
        }
    }

    /// Machine-readable form: distances and bounds as the bits of Float64.
    package var json: JSONValue {
        func member(_ deviation: Deviation) -> JSONObject {
            guard case .object(var object) = deviation.json else { return JSONObject() }
            object["bound"] = band.bounds.bound(deviation.quantity, deviation.name).map { .bits($0) }
            object["summary"] = .string(BandNumber.text(deviation, band.bounds))
            return object
        }
        var object: JSONObject = [
            "calibration": band.calibration.json,
            "nearest": .array(
                BandQuantity.allCases.compactMap { nearest[$0] }.map { step, deviation in
                    var object = member(deviation)
                    object["step"] = .integer(step)
                    return .object(object)
                }),
        ]
        object["excess"] = excess.map { .object(member($0)) }
        if let power {
            object["power"] = [
                "step": .integer(power.step),
                "tamperings": .array(
                    power.findings.map {
                        [
                            "tampering": .string($0.tampering.rawValue), "caught": .bool($0.isCaught),
                            "detail": .string($0.detail),
                        ]
                    }),
            ]
        }
        return .object(object)
    }
}
