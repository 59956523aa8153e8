import Digests
import Testing

@testable import Training

/// Learning rates against diffusers; `Fixtures/optimizers/make.py` made the numbers.
@Suite struct ScheduleTests {
    private static let folder = "\(Oracle.fixtures.folder)/optimizers"

    /// Every curve of `get_scheduler`, step by step; two to five roundings of doubles lie between.
    @Test func learningRatesAreThoseOfDiffusers() throws {
        let curves = JSONCursor(try JSONValue.read("\(Self.folder)/schedules.json"), name: "schedules")
        var seen: Set<LearningRate.Schedule> = []
        for curve in try curves.elements() {
            let schedule = try #require(LearningRate.Schedule(rawValue: try curve["name"].string()))
            let rate = LearningRate(
                schedule: schedule, base: try curve["base"].double(), warmup: try curve["warmup"].int(),
                total: try curve["total"].int(), cycles: try curve["cycles"].present?.int() ?? 1,
                power: try curve["power"].present?.double() ?? 1)
            let expected = try curve["rates"].elements().map { try $0.double() }
            #expect(expected.count == rate.total)
            for (k, value) in expected.enumerated() {
                #expect(
                    abs(rate.rate(k) - value) <= 1e-15 * rate.base,
                    "\(schedule), warm-up \(rate.warmup) of \(rate.total), step \(k): \(rate.rate(k)), not \(value)")
            }
            seen.insert(schedule)
        }
        #expect(seen == Set(LearningRate.Schedule.allCases))
    }
}
