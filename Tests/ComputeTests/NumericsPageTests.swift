import CKernels
import Compute
import Core
import Foundation
import Testing

/// The page on numerics: `Tests/Outsider/fixture.py` runs its listings as they stand there and writes down digests of
/// what they give; the kernels must give the same bits, with every instruction set.
@Suite struct NumericsPageTests {
    private struct Fixture: Decodable {
        let listings: String
        let count: Int
        let inputs: String, softmax: String, normals: String
        let single: [String: String], double: [String: String]
        let permutation: [Int]
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func page() throws -> [Substring] {
        String(decoding: try FileContents.read(root + "/Sources/CKernels/NUMERICS.md"), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    private static func fixture() throws -> Fixture {
        try JSONDecoder().decode(
            Fixture.self, from: Data(try FileContents.read(root + "/Tests/Outsider/numerics.json")))
    }

    private static func digest<Value>(_ values: [Value]) -> String {
        values.withUnsafeBytes { Digest.sha256(Array($0)).hex }
    }

    /// From ±2⁻²⁴ to ±256, as the script draws them.
    private static func inputs(_ count: Int) -> [Float] {
        RandomStream(seed: 2026, .votes, step: 1).uniforms(count: count).enumerated().map {
            ($1 * 2 - 1) * Float(sign: .plus, exponent: $0 % 16 - 7, significand: 1)
        }
    }

    /// A listing that is changed has to be run again.
    @Test func theListingsAreThoseThatWereRun() throws {
        var (text, isInside, blocks) = ("", false, 0)
        for line in try NumericsPageTests.page() {
            if line.hasPrefix("```") {
                isInside = line == "```python"
                blocks += isInside ? 1 : 0
            } else if isInside {
                text += line + "\n"
            } else if text.last == "\n", blocks > 0, !text.hasSuffix("\n\n") {
                text += "\n"
            }
        }
        // The script joins the blocks with a line feed; none follows the last.
        #expect(
            Digest.sha256(Array(text.dropLast().utf8)).hex == (try NumericsPageTests.fixture().listings),
            "NUMERICS.md changed: run Tests/Outsider/fixture.py")
        #expect(blocks >= 3)
    }

    @Test(arguments: ISA.supported) func theKernelsGiveWhatTheListingsGive(_ isa: ISA) throws {
        let (fixture, engine) = (try NumericsPageTests.fixture(), Engine(isa: isa, workers: 1))
        defer { engine.stop() }
        let inputs = NumericsPageTests.inputs(fixture.count)
        #expect(NumericsPageTests.digest(inputs) == fixture.inputs)
        let x = Tensor(inputs, shape: [inputs.count])
        let one = Tensor([Float](repeating: 1, count: inputs.count), shape: [inputs.count])
        for (name, activation) in [("silu", Activation.silu), ("quick_gelu", .quickGELU), ("gelu", .gelu)] {
            #expect(
                NumericsPageTests.digest(engine.apply(activation, x).floats) == fixture.single[name], "\(name)")
            #expect(
                NumericsPageTests.digest(engine.applyBackward(activation, one, x: x).floats)
                    == fixture.single[name + "_slope"], "\(name)'s slope")
        }
        let pairs = Tensor(inputs.flatMap { [$0, 0] }, shape: [inputs.count, 2])
        #expect(NumericsPageTests.digest(engine.softmax(pairs).floats) == fixture.softmax)
    }

    @Test func theDoubleFunctionsGiveWhatTheListingsGive() throws {
        let fixture = try NumericsPageTests.fixture()
        let inputs = NumericsPageTests.inputs(fixture.count).map { Double($0) * 4 }
        for (name, kernels) in ElementaryKernelSets.all {
            let table = kernels.elementwise
            let functions: [(String, (Double) -> Double)] = [
                ("exp_double", { table.exp_double($0) }),
                ("log_double", { table.log_double($0 == 0 ? 1 : abs($0)) }),
                ("cos_double", { table.cos_double($0) }), ("sin_double", { table.sin_double($0) }),
            ]
            for (function, value) in functions {
                #expect(
                    NumericsPageTests.digest(inputs.map(value)) == fixture.double[function], "\(function), \(name)")
            }
        }
    }

    @Test func theRandomNumbersAreThePages() throws {
        let fixture = try NumericsPageTests.fixture()
        #expect(
            NumericsPageTests.digest(RandomStream(seed: 2026, .noise, step: 3).normals(shape: [fixture.count]).floats)
                == fixture.normals)
        #expect(RandomStream(seed: 2026, .order, step: 2).permutation(count: 12) == fixture.permutation)
    }

    /// The table of who draws what lists every stream.
    @Test func theStreamsAreThePages() throws {
        let rows = try NumericsPageTests.page().compactMap { line -> String? in
            guard let match = line.firstMatch(of: /^\| `([a-zA-Z]+)` \| ([0-9]+) \|/) else { return nil }
            return "\(match.1) \(match.2)"
        }
        #expect(rows == StreamName.allCases.map { "\($0.name) \($0.rawValue)" })
    }
}
