import Comparison
import Core
import Foundation
import Ledger

/// Bands and what an audit found within them, for people.
package enum BandText {
    /// Lines of an audit's report: what came nearest to the band, and what the band would have let through.
    package static func lines(_ findings: BandFindings) -> [String] {
        let bounds = findings.band.bounds
        var lines = BandQuantity.allCases.compactMap { quantity -> String? in
            guard let (step, deviation) = findings.nearest[quantity] else { return nil }
            return "  " + column("nearest \(quantity.rawValue)", 18)
                + "step \(step), \(deviation.name): \(BandNumber.text(deviation, bounds))"
        }
        guard let power = findings.power else { return lines }
        lines.append("  had step \(power.step) been tampered with:")
        for finding in power.findings {
            lines.append(
                "    " + column(finding.tampering.rawValue, 24)
                    + (finding.isCaught ? "caught            " : "INSIDE THE BAND   ") + finding.detail)
        }
        return lines
    }

    /// A band after its calibration: the bounds, and how each configuration took part.
    package static func describe(_ band: Band, _ configurations: [CalibratedConfiguration]) -> String {
        var lines = ["configuration                 largest distance of latents, errors, loss, gradients"]
        for one in configurations {
            lines.append("  " + column(one.title, 28) + text(one.outcome))
        }
        let bounds = band.bounds
        let gradients = bounds.gradients.values.sorted()
        lines.append(
            "band                          \(band.calibration.steps) steps, quantile "
                + "\(band.calibration.quantile) × margin \(band.calibration.margin)")
        lines.append("  latents                     \(BandNumber.text(bounds.latents, .latents))")
        lines.append("  errors                      \(bounds.errors) ULP")
        lines.append("  loss                        \(bounds.loss) ULP")
        if let least = gradients.first, let most = gradients.last {
            lines.append(
                "  gradients (\(gradients.count))".padding(toLength: 30, withPad: " ", startingAt: 0)
                    + "\(BandNumber.number(least, .gradients)) to \(BandNumber.text(most, .gradients))")
        }
        return VisibleText.lines(lines)
    }

    private static func text(_ outcome: CalibratedConfiguration.Outcome) -> String {
        switch outcome {
        case .recorded: "recorded the steps"
        case .measured(let largest):
            BandQuantity.allCases.map { quantity in
                largest[quantity].map { BandNumber.text($0, quantity) } ?? "none"
            }.joined(separator: ", ")
        case .sameBits(let other): "the same bits as \(other): not counted again"
        case .otherCore(let core): "the library took \(core) in its place: not counted"
        case .failed(let reason): "did not run: \(reason)"
        }
    }

    private static func column(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(text.count + 1, width), withPad: " ", startingAt: 0)
    }
}
