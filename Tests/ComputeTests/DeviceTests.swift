import Compute
import Core
import Testing

/// What every device must pass. `OperationTests` (gradients) runs over all of them too, and the tests of the order of sums
/// (`SummationOrderTests`, `LayerSummationOrderTests`) and of bits (`InvarianceTests`) over those that promise bits.
@Suite struct DeviceTests {
    /// The known answers: to the bit, within a bound, or their shapes alone.
    @Test(arguments: TestedDevice.allCases, KnownAnswer.operations(.ref1))
    func givesTheKnownAnswers(device: TestedDevice, answer: KnownAnswer) {
        let reference = Engine()
        let expected = answer.results(on: reference)
        reference.stop()
        for engine in device.engines(workers: [3]) {
            let found = answer.results(on: engine)
            #expect(found.map(\.shape) == expected.map(\.shape) && found.map(\.dtype) == expected.map(\.dtype))
            switch device.promise {
            case .bits: #expect(answer.mismatch(of: found) == nil, "\(device), \(engine.isa)")
            case .bound:
                // At most four products one after the other (attention's way back), of sums of at most 27 · 23 · 2 terms.
                let bound = SecondOpinion.bound(1242, 1242, 1242, 1242)
                for (found, expected) in zip(found, expected) {
                    let distance = SecondOpinion.distance(found, expected)
                    #expect(distance <= bound, "\(device), \(answer): distance \(distance), bound \(bound)")
                }
            case .shapes: break
            }
            engine.stop()
        }
    }

    /// OpenBLAS computes products, and nothing else: other answers keep their bits, and products do not.
    @Test func openBLASTakesOverProductsAlone() {
        let engine = Engine(workers: 2, backend: .openblas)
        defer { engine.stop() }
        let changed = KnownAnswer.operations(.ref1).filter { $0.mismatch(on: engine) != nil }.map(\.name)
        let products = Set(KnownAnswer.sumsOfProducts(.ref1).map(\.name))
        #expect(!changed.isEmpty && Set(changed).isSubset(of: products), "\(changed)")
    }

    /// What the shape device counts is what the reference allocates, at its fullest and at the end of each pass.
    @Test(arguments: [false, true]) func shapesAreCountedAsTheyAreAllocated(recomputes: Bool) {
        let reference = Engine()
        defer { reference.stop() }
        let (watched, shapes) = (WatchedDevice(reference.device), ShapeDevice())
        var found: [[Int]] = []
        for round in 0..<2 {
            let engine = Engine(device: round == 0 ? watched : shapes)
            let network = Network(engine)
            let context = engine.tensor([2, 7, 6])
            let x = engine.tensor([2, 4, 9, 9])
            for tensor in [context, x] { engine.device.run(.fill(tensor, 0.5)) }
            func live() -> Int { round == 0 ? watched.live : shapes.live }
            func peak() -> Int { round == 0 ? watched.peak : shapes.peak }
            let before = live()
            #expect(before == (2 * 7 * 6 + 2 * 4 * 9 * 9) * 4)
            if round == 0 { watched.beginPeak() } else { shapes.beginPeak() }
            let tape = Tape(engine: engine, recomputesBlocks: recomputes)
            let output = network(tape, tape.leaf(x), context: tape.constant(context))
            let forward = (live(), peak())
            tape.backward(from: output, seed: output.value)
            found.append([forward.0, forward.1, live(), peak()])
            #expect(forward.0 > before && peak() > forward.1)
        }
        #expect(found[0] == found[1])
        #expect(shapes.live == 0 && watched.live == 0, "what was allocated is let go")
    }

    /// A model that no machine could hold runs on the shape device; its numbers are 0.
    @Test func shapesTakeNoMemory() {
        let device = ShapeDevice()
        let engine = Engine(device: device)
        let (x, weight) = (engine.tensor([1 << 20, 1 << 15]), engine.tensor([1 << 15, 1 << 15]))
        let y = engine.linear(x, weight: weight, bias: nil)
        #expect(y.shape == x.shape && device.live == 2 * x.byteCount + weight.byteCount)
        #expect(engine.sum(y) == 0 && engine.firstNonFinite(y) == nil)
    }

    /// What a backend lays out beside the operands is counted by itself.
    @Test func workOfABackendIsCounted() {
        let works = [Backend.reference, .openblas].map { backend in
            let device = ShapeDevice(backend)
            let engine = Engine(device: device, backend: backend)
            let (x, weight) = (engine.tensor([2, 3, 8, 8]), engine.tensor([5, 3, 3, 3]))
            let y = engine.convolution(x, weight: weight, bias: nil, ConvolutionGeometry(padding: 1))
            let forward = device.work
            _ = engine.convolutionInputGradient(
                y, weight: weight, inputShape: x.shape, ConvolutionGeometry(padding: 1))
            return [forward, device.work]
        }
        // Patches of 3 channels in 9 taps at 64 positions; those of 5, and a weight of 5 · 9 by 3.
        #expect(works == [[0, 0], [4 * 27 * 64, 4 * (45 * 64 + 45 * 3)]])
    }

    /// A convolution, a norm, a transformer's layer with attention to itself and to a context, blocks as the UNet has them.
    private struct Network {
        private let parameters: [String: Parameter]

        /// The parameters lie on the host or have shapes; their gradients are there already.
        init(_ engine: Engine) {
            let shapes: [(String, [Int])] = [
                ("conv", [8, 4, 3, 3]), ("bias", [8]), ("gain", [8]), ("shift", [8]), ("q", [8, 8]), ("k", [8, 8]),
                ("v", [8, 8]), ("ck", [8, 6]), ("cv", [8, 6]), ("in", [64, 8]), ("wide", [64]), ("out", [8, 32]),
                ("down", [8, 8, 3, 3]),
            ]
            parameters = Dictionary(
                uniqueKeysWithValues: shapes.map { name, shape in
                    let parameter = Parameter(name: name, value: Tensor(zeros: shape))
                    parameter.isTrainable = true
                    parameter.replaceGradient(with: Tensor(zeros: shape))
                    return (name, parameter)
                })
        }

        func callAsFunction(_ tape: Tape, _ x: Variable, context: Variable) -> Variable {
            func p(_ name: String) -> Parameter { parameters[name]! }
            let same = ConvolutionGeometry(padding: 1)
            let h = tape.block([x]) { tape, inputs in
                let h = tape.convolution(inputs[0], p("conv"), p("bias"), same)
                return tape.add(tape.groupNorm(h, groups: 2, p("gain"), p("shift"), eps: 1e-5, silu: true), h)
            }
            let tokens = tape.transposed(tape.reshaped(h, [2, 8, 81]))
            let y = tape.block([tokens, context]) { tape, inputs in
                let (x, context) = (inputs[0], inputs[1])
                let own = tape.layerNorm(x, p("gain"), p("shift"), eps: 1e-5)
                let q = tape.linear(own, p("q"), nil)
                let selfAttended = tape.attention(
                    q, tape.linear(own, p("k"), nil), tape.linear(own, p("v"), p("bias")), heads: 2)
                let attended = tape.attention(
                    tape.add(selfAttended, x), tape.linear(context, p("ck"), nil),
                    tape.linear(context, p("cv"), nil), heads: 1)
                let wide = tape.geglu(tape.linear(attended, p("in"), p("wide")))
                return tape.add(tape.apply(.gelu, tape.linear(wide, p("out"), nil)), selfAttended)
            }
            let image = tape.reshaped(tape.transposed(y), [2, 8, 9, 9])
            let small = tape.convolution(image, p("down"), p("bias"), ConvolutionGeometry(stride: 2, padding: 1))
            let joined = tape.concatenated(tape.upsampledNearest(small, height: 9, width: 9), image)
            return tape.scale(joined, by: 0.5)
        }
    }
}
