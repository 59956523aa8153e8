import Compute
import Core
import Diffusion
import Foundation
import Testing
import TinyRuns

@testable import Training

/// The presets of the inversion as a session trains by them, against diffusers' own schedulers
/// (`Fixtures/presets/make.py`). The tiny model's schedule is Stable Diffusion's.
@Suite struct PresetOracleTests {
    private static let diffusers = JSONCursor(
        try! JSONValue.read(
            URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/presets/presets.json").path),
        name: "presets")

    /// What the session of a recipe with these settings computes gradients with.
    private static func withDenoising(
        _ objective: String, _ inversion: String, _ body: (Denoising, NoiseSchedule) throws -> Void
    ) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe("name: \(objective)", more: "inversion: {\(inversion)}")
            try RunSupport.withSession(recipe) { session in
                let denoising = try #require(session.trainer.task.denoising)
                try body(denoising, denoising.model.schedule)
            }
        }
    }

    private static func number(_ cursor: JSONCursor) throws -> Float {
        Float(bitPattern: try #require(UInt32(try cursor.string(), radix: 16)))
    }

    private static func one(_ value: Float) -> Tensor { Tensor([value], shape: [1, 1, 1, 1]) }

    /// Both programs round ten times on the way to a sum of parts that are at most `size`: four roots, and the formula.
    private static func expectNear(_ own: Float, _ other: Float, size: Float, _ place: String) {
        #expect(abs(own - other) <= 20 * size * 0x1p-24, "\(place): \(own) and \(other)")
    }

    private static func expectLevels(_ levels: [Float], as name: String) throws {
        let table = try diffusers[name]
        let places = try diffusers["places"].elements().map { try $0.int() }
        for (place, bits) in zip(places, try table["bits"].elements()) {
            #expect(try levels[place] == number(bits), "\(name) at \(place)")
        }
        let bytes = levels.flatMap { level in withUnsafeBytes(of: level.bitPattern.littleEndian) { Array($0) } }
        #expect(try Digest.sha256(bytes).hex == table["sha256"].string(), "\(name)")
    }

    /// Timesteps that the network is asked at, how many there are, and what a move makes of pictures and predictions.
    @Test(arguments: [
        ("official", "preset: official"), ("official, 10 steps", "preset: official, steps: 10"),
        ("official-0.22", "preset: official-0.22"),
    ])
    func theOfficialPresetsMoveAsTheInverseSchedulers(name: String, settings: String) throws {
        try Self.withDenoising("smpo", settings) { denoising, schedule in
            let probes = try Self.diffusers["probes"].elements().map {
                (try Self.number($0[0]), try Self.number($0[1]))
            }
            for row in try Self.diffusers[name].elements() {
                let t = try row["t"].int()
                let moves = denoising.inversion.moves(to: t, of: schedule.count)
                let expected = try row["moves"].elements()
                #expect(moves.map(\.firstLabel) == (try expected.map { try $0["label"].int() }), "\(name), t \(t)")
                // The public code corrects every move, and asks at the same timestep again.
                #expect(moves.map(\.secondLabel) == moves.map(\.firstLabel), "\(name), t \(t)")
                for (move, expected) in zip(moves, expected) {
                    let roots = (
                        schedule.alphaBar(move.source).squareRoot(), schedule.alphaBar(move.destination).squareRoot()
                    )
                    for ((x, e), bits) in zip(probes, try expected["moved"].elements()) {
                        let moved = schedule.moved(
                            Self.one(x), noise: Self.one(e), from: [move.source], to: [move.destination],
                            on: denoising.model.engine)
                        Self.expectNear(
                            moved.floats[0], try Self.number(bits),
                            size: roots.1 * (abs(x) + abs(e)) / roots.0 + abs(e), "\(name), t \(t), \(move)")
                    }
                }
            }
            #expect(
                denoising.inversion.averages && denoising.inversion.guidance == 1 && denoising.inversion.noiseScale == 0
            )
        }
    }

    @Test(arguments: [
        ("smpo", "preset: paper", false), ("smpo", "preset: official", true), ("smpo", "preset: official-0.22", true),
        ("inpo", "preset: paper", false), ("inpo", "preset: official", true),
        ("smpo", "preset: official, float16_levels: false", false),
    ])
    func theTargetsLevelsAreThoseOfTheTables(objective: String, settings: String, isRounded: Bool) throws {
        try Self.withDenoising(objective, settings) { denoising, schedule in
            try Self.expectLevels(schedule.alphasCumprod, as: "levels")
            #expect(schedule.alphaBeforeFirst == schedule.alphasCumprod[0])
            try Self.expectLevels(
                denoising.model.targetSchedule.alphasCumprod, as: isRounded ? "float16 levels" : "levels")
        }
    }

    /// The fresh noise after each of DDIM-InPO's ten moves on the paper's grid, from ⌊k·t/10⌋ to ⌊(k + 1)·t/10⌋.
    @Test func theNoiseOfInPOIsTheSamplersVariance() throws {
        try Self.withDenoising("inpo", "preset: paper") { denoising, schedule in
            for row in try Self.diffusers["noise"].elements() {
                let t = try row["t"].int()
                let factors = try row["factors"].elements().map(Self.number)
                let moves = denoising.inversion.moves(to: t, of: schedule.count)
                #expect(moves.map(\.source) == (0..<10).map { $0 * t / 10 }, "t \(t)")
                #expect(moves.map(\.destination) == (1...10).map { $0 * t / 10 }, "t \(t)")
                #expect(moves.allSatisfy { $0.firstLabel == $0.source && $0.secondLabel == nil })
                for (move, factor) in zip(moves, factors) {
                    let own = schedule.perturbed(
                        Self.one(0), by: Self.one(1), scale: denoising.inversion.noiseScale, from: [move.source],
                        to: [move.destination], on: denoising.model.engine
                    ).floats[0]
                    // The variance is a difference of numbers near 1, rounded alike; its root is rounded once more.
                    Self.expectNear(own, factor, size: factor, "t \(t), \(move)")
                }
                #expect(factors.count == moves.count)
            }
        }
    }
}
