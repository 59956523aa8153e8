import Testing

@testable import Compute

/// What the comparison with OpenBLAS would notice: small and large mistakes, each well outside the bound.
@Suite struct SecondOpinionMistakeTests {
    private let engine = Engine()
    private var openblas: Engine { engine.on(.openblas) }

    /// Expects `wrong` on one backend to be far from `right` on the other, whichever is which.
    private func expectNoticed(
        _ bound: Double, at location: SourceLocation = #_sourceLocation, right: (Engine) -> Tensor,
        wrong: (Engine) -> Tensor
    ) {
        for (one, other) in [(engine, openblas), (openblas, engine)] {
            #expect(SecondOpinion.distance(right(one), right(other)) <= bound, sourceLocation: location)
            #expect(SecondOpinion.distance(wrong(one), right(other)) > 4 * bound, sourceLocation: location)
        }
    }

    /// One factor of thousands, off by a hundredth of itself.
    @Test func oneFactorOfAProduct() {
        let (a, b) = (Samples.tensor([29, 600], 321), Samples.tensor([600, 47], 322))
        let altered = a.copy()
        altered.hostValues[5077] *= 1.01
        expectNoticed(SecondOpinion.bound(600), right: { $0.matmul(a, b) }, wrong: { $0.matmul(altered, b) })
    }

    /// The last term of every sum left out.
    @Test func aTermLeftOut() {
        let (a, b) = (Samples.tensor([29, 600], 323), Samples.tensor([600, 47], 324))
        let shorter = Tensor((0..<29).flatMap { row in a.floats[row * 600..<row * 600 + 599] }, shape: [29, 599])
        expectNoticed(
            SecondOpinion.bound(600), right: { $0.matmul(a, b) }, wrong: { $0.matmul(shorter, b.slice(0..<599)) })
    }

    /// A square matrix read the wrong way round; one matrix of a batch in another's place.
    @Test func transpositionAndOrder() {
        let (a, b) = (Samples.tensor([2, 40, 40], 325), Samples.tensor([2, 40, 40], 326))
        let swapped = engine.stacked([b.slice(1..<2), b.slice(0..<1)])
        expectNoticed(
            SecondOpinion.bound(40), right: { $0.matmul(a, b) }, wrong: { $0.matmul(a, b, .none, .transposed) })
        expectNoticed(SecondOpinion.bound(40), right: { $0.matmul(a, b) }, wrong: { $0.matmul(a, swapped) })
    }

    /// A bias of a thousandth left out; a sum that is written over instead of added to.
    @Test func biasAndAccumulation() {
        let (x, w) = (Samples.tensor([2, 30, 50], 327), Samples.tensor([40, 50], 328))
        let (bias, dy) = (engine.scale(Samples.tensor([40], 329), by: 0.001), Samples.tensor([2, 30, 40], 330))
        expectNoticed(
            SecondOpinion.bound(50), right: { $0.linear(x, weight: w, bias: bias) },
            wrong: { $0.linear(x, weight: w, bias: nil) })
        func gradient(_ engine: Engine, from start: Tensor) -> Tensor {
            let sum = start.copy()
            engine.accumulateLinearWeightGradient(dy, x, into: sum)
            return sum
        }
        expectNoticed(
            SecondOpinion.bound(60), right: { gradient($0, from: w) },
            wrong: { gradient($0, from: Tensor(zeros: w.shape)) })
    }

    /// A convolution padded on the wrong side, and one whose kernel is read from the other end.
    @Test func paddingAndFlippedKernels() {
        let (x, w) = (Samples.tensor([2, 5, 11, 9], 331), Samples.tensor([7, 5, 3, 3], 332))
        let right = ConvolutionGeometry(stride: 2, top: 0, bottom: 1, left: 0, right: 1)
        let wrong = ConvolutionGeometry(stride: 2, top: 1, bottom: 0, left: 0, right: 1)
        let flipped = Tensor(
            (0..<w.count).map { w.floats[$0 / 9 * 9 + 8 - $0 % 9] }, shape: w.shape)
        expectNoticed(
            SecondOpinion.bound(45), right: { $0.convolution(x, weight: w, bias: nil, right) },
            wrong: { $0.convolution(x, weight: w, bias: nil, wrong) })
        let dy = Samples.tensor([2, 7, 5, 4], 333)
        expectNoticed(
            SecondOpinion.bound(63),
            right: { $0.convolutionInputGradient(dy, weight: w, inputShape: x.shape, right) },
            wrong: { $0.convolutionInputGradient(dy, weight: flipped, inputShape: x.shape, right) })
    }

    /// One key of one head, off by a hundredth; a mask that is not there.
    @Test func attention() {
        let (q, k, v) = (
            Samples.tensor([1, 33, 12], 334), Samples.tensor([1, 33, 12], 335), Samples.tensor([1, 33, 12], 336)
        )
        let altered = k.copy()
        altered.hostValues[100] *= 1.01
        let bound = 2 * SecondOpinion.bound(4) + SecondOpinion.bound(33)
        expectNoticed(
            bound, right: { $0.attention(q, k, v, heads: 3).o }, wrong: { $0.attention(q, altered, v, heads: 3).o })
        expectNoticed(
            bound, right: { $0.attention(q, k, v, heads: 3, causal: true).o },
            wrong: { $0.attention(q, k, v, heads: 3).o })
    }
}

/// The backend itself.
@Suite struct BackendTests {
    /// The two sides are two computations: on a product of this length not even two good libraries round alike.
    @Test func theBackendsAreNotTheSameCode() {
        let engine = Engine()
        let (a, b) = (Samples.tensor([64, 700], 341), Samples.tensor([700, 64], 342))
        #expect(engine.matmul(a, b).floats != engine.on(.openblas).matmul(a, b).floats)
    }

    /// Products of engines with different numbers of workers, from several threads: each has its own threads' result.
    @Test func threadsAreTheWorkers() async {
        let (a, b) = (Samples.tensor([150, 300], 343), Samples.tensor([300, 170], 344))
        let expected = [1, 2, 3].map { workers in
            let engine = Engine(workers: workers, backend: .openblas)
            defer { engine.stop() }
            let product = engine.matmul(a, b).floats
            #expect(OpenBLAS.with(threads: workers) { OpenBLAS.threads } == workers)
            return product
        }
        await withTaskGroup(of: (Int, [[Float]]).self) { group in
            for workers in 1...3 {
                group.addTask {
                    let engine = Engine(workers: workers, backend: .openblas)
                    defer { engine.stop() }
                    return (workers, (0..<40).map { _ in engine.matmul(a, b).floats })
                }
            }
            for await (workers, found) in group {
                for product in found { #expect(product == expected[workers - 1]) }
            }
        }
    }

    @Test func theLibraryIsNamed() {
        #expect(OpenBLAS.config.hasPrefix("OpenBLAS ") && OpenBLAS.config.contains(OpenBLAS.version))
        #expect(OpenBLAS.version.wholeMatch(of: /[0-9]+\.[0-9]+.*/) != nil, "\(OpenBLAS.version)")
        #expect(!OpenBLAS.core.isEmpty && OpenBLAS.threading != "unknown")
    }

    @Test func anotherBackendOnTheSameWorkers() {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let other = engine.on(.openblas)
        #expect(other.pool === engine.pool && other.isa == engine.isa)
        #expect(engine.backend == .reference && other.backend == .openblas)
    }
}
