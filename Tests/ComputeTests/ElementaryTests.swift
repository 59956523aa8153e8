import CKernels
import Foundation
import Testing

typealias UnaryKernel = (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int) -> Void

/// The correctly rounded functions, against MPFR's results.
@Suite struct ElementaryTests {
    static func kernel(_ name: String, _ table: ck_elementwise_table) throws -> UnaryKernel {
        let kernels: [(String, UnaryKernel)] = [
            ("exp", table.exp), ("log", table.log), ("sin", table.sin), ("cos", table.cos), ("tanh", table.tanh),
            ("erf", table.erf), ("sigmoid", table.sigmoid),
        ]
        return try #require(kernels.first { $0.0 == name }).1
    }

    static func results(_ kernel: UnaryKernel, _ inputs: [Float]) -> [UInt32] {
        var out = [Float](repeating: 0, count: inputs.count)
        kernel(&out, inputs, inputs.count)
        return out.map(\.bitPattern)
    }

    /// The inputs of the fixture's hashes: the high halves of splitmix64 from state 1.
    static let samples: [Float] = (0..<200_000).map { index in
        var z = 1 &+ UInt64(index + 1) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Float(bitPattern: UInt32((z ^ (z >> 31)) >> 32))
    }

    private func hash(_ values: [UInt32]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for value in values {
            for shift in [0, 8, 16, 24] as [UInt32] {
                hash = (hash ^ UInt64(value >> shift & 255)) &* 0x100_0000_01b3
            }
        }
        return hash
    }

    @Test(arguments: ElementaryFixture.sampleHashes)
    func sampleIsCorrectlyRounded(function: String, expected: UInt64) throws {
        for (name, kernels) in ElementaryKernelSets.all {
            let results = try Self.results(Self.kernel(function, kernels.elementwise), Self.samples)
            #expect(hash(results) == expected, "\(function) on \(name)")
        }
    }

    @Test func specialAndNearMidpointCasesAreCorrectlyRounded() throws {
        let cases = ElementaryFixture.cases.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(cases.count > 1000)
        for (function, _) in ElementaryFixture.sampleHashes {
            let own = cases.filter { $0[0] == function }
            let inputs = try own.map { Float(bitPattern: try #require(UInt32($0[1], radix: 16))) }
            let expected = try own.map { try #require(UInt32($0[2], radix: 16)) }
            for (name, kernels) in ElementaryKernelSets.all {
                let found = try Self.results(Self.kernel(function, kernels.elementwise), inputs)
                for (index, bits) in found.enumerated() where bits != expected[index] {
                    Issue.record("\(function)(\(own[index][1])) on \(name): \(String(bits, radix: 16))")
                }
            }
        }
    }

    @Test func squareRootIsTheHardwares() {
        let inputs = Self.samples.prefix(20_000) + [0, -0.0, .infinity, -.infinity, .nan, -1]
        let expected = inputs.map { $0 < 0 || $0.isNaN ? 0x7fc0_0000 : $0.squareRoot().bitPattern }
        for (_, kernels) in ElementaryKernelSets.all {
            #expect(Self.results(kernels.elementwise.sqrt, Array(inputs)) == expected)
        }
    }

    /// Within 3 ulps of glibc's double functions (which err by less than 1), with one set of bits.
    @Test(arguments: ["exp", "log", "sin", "cos"])
    func doubleFunctions(name: String) throws {
        let references: [String: (Double) -> Double] = ["exp": exp, "log": log, "sin": sin, "cos": cos]
        let reference = try #require(references[name])
        let functions = ElementaryKernelSets.all.map { _, kernels -> (Double) -> Double in
            let table = kernels.elementwise
            switch name {
            case "exp": return table.exp_double
            case "log": return table.log_double
            case "sin": return table.sin_double
            default: return table.cos_double
            }
        }
        let some = [1e-300, 1e-20, 0.5, 1, 2, 1e5, 524_287.5, 524_288, 1e22]
        // Every binade: all words of 2/pi take part in the reduction.
        let far = (20..<1024).map { Double(sign: .plus, exponent: $0, significand: 1.7 + Double($0) * 1e-5) }
        for value in (0..<4000).map({ Double($0) * 0.37 - 740 }) + some + far {
            let x = name == "log" ? abs(value) : value
            let found = functions[0](x)
            let expected = reference(x)
            let close = found == expected || abs(found - expected) <= 3 * expected.ulp
            #expect(close, "\(name)(\(x)) = \(found), expected \(expected)")
            for other in functions { #expect(other(x).bitPattern == found.bitPattern) }
        }
        for x in [Double.infinity, -.infinity, .nan, 0, -0.0, .leastNonzeroMagnitude] {
            let found = functions[0](x)
            let expected = reference(x)
            let same = found.isNaN ? expected.isNaN : found == expected && found.sign == expected.sign
            #expect(same, "\(name)(\(x)) = \(found)")
        }
    }
}
