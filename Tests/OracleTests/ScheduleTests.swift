import Checkpoints
import Compute
import Core
import Diffusion
import Testing

@testable import Training

/// Learning rates and the moving reference against diffusers; `Fixtures/optimizers/make.py` made the numbers.
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

    /// Ten moves after weights that go their own way: diffusers' `EMAModel`.
    @Test func theReferenceMovesAsAnEMAModel() throws {
        let file = try Checkpoint(safetensors: "\(Self.folder)/traces.safetensors")
        let values = try file.float32(named: "start/matrix").floats
        func weights(_ k: Int) -> Tensor { Tensor(Array(values[35 * k..<35 * (k + 1)]), shape: [7, 5]) }
        let (reference, policy) = (
            Parameter(name: "w", value: weights(0)), Parameter(name: "w", value: weights(0))
        )
        let moving = MovingReference(decay: 0.6, every: 2, reference: [reference], policy: [("unet/w", policy)])
        let engine = Engine()
        defer { engine.stop() }
        for k in 1...10 {
            policy.replace(with: weights(k))
            let before = reference.value.floats
            moving.update(k: 2 * k - 1, engine: engine)
            #expect(reference.value.floats == before)
            moving.update(k: 2 * k, engine: engine)
            // Ten averages, each of three roundings.
            #expect(Oracle.distance(reference.value, try file.float32(named: "ema/\(k)")) < 1e-6, "move \(k)")
        }
        #expect(moving.tensors.map(\.name) == ["unet/w"])
    }
}
