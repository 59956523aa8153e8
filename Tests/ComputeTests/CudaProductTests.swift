import CCuda
import CKernels
import Testing

@testable import Compute

/// Products on the device `cuda`, by its emulator: every kernel and every way of adding chunks up gives the bits of the
/// reference, and what is chosen follows the rule that is written down.
@Suite struct CudaProductTests {
    /// Plans that compute the same as `plan`: all tiles, ways and ways of adding for which there are kernels.
    private static func variants(_ plan: CudaProductPlan) -> [CudaProductPlan] {
        func slower(_ way: CudaProductPlan.Way) -> [CudaProductPlan.Way] {
            [way] + ([.k1, .i1] as [CudaProductPlan.Way]).filter { $0 != way }
        }
        var found: [CudaProductPlan] = []
        for tile in CudaProductPlan.Tile.allCases {
            for a in slower(plan.wanted.a) {
                for b in slower(plan.wanted.b) where tile.takes(a, b) {
                    for adding in plan.chunks == 1 ? [CudaProductPlan.Adding.alone] : [.turns, .scratch] {
                        var variant = plan
                        (variant.tile, variant.ways, variant.adding) = (tile, (a, b), adding)
                        found.append(variant)
                    }
                }
            }
        }
        return found
    }

    @Test(arguments: CudaProductCase.all) func everyKernelGivesTheReferencesBits(_ product: CudaProductCase) {
        let device = TestedDevice.emulatedCuda()
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let (a, b, c) = (product.a, product.b, product.c)
        let expected = Tensor(c.floats, shape: c.shape)
        func stated(_ c: Tensor, _ a: Tensor, _ b: Tensor) -> Product {
            Product(
                .matrix, product.layout, a, b, to: c, rowBias: product.rowBias, columnBias: product.columnBias)
        }
        engine.device.run(.product(stated(expected, a, b)))
        #expect(!c.floats.elementsEqual(expected.floats) { $0.bitPattern == $1.bitPattern })
        let plan = CudaProductPlan(product.layout, isAligned: (true, true), multiprocessors: 4)
        let variants = CudaProductTests.variants(plan)
        #expect(!variants.isEmpty)
        for variant in variants {
            let found = device.tensor(c.shape)
            device.write(c.bytes, to: found.storage, at: 0)
            var work = cu_product()
            work.c = device.write(found)
            work.bias_row = product.rowBias.map(device.read)
            work.bias_column = product.columnBias.map(device.read)
            device.run(variant, work, device.read(a), device.read(b))
            expectBits(
                found, expected.floats,
                "\(product.name), \(variant.kernel), \(variant.adding), weight turned: \(variant.turning)")
        }
        // As the device chooses by itself; what does not lie on 16 bytes is fetched value by value.
        for shift in [0, 1] {
            let shifted = device.tensor([product.c.count + 4])
            device.write(c.bytes, to: shifted.storage, at: 4 * shift)
            let found = Tensor(shape: c.shape, dtype: .f32, storage: shifted.storage, offset: 4 * shift)
            let operands = [a, b].map { operand in
                let copy = device.tensor([operand.count + 4])
                device.write(operand.bytes, to: copy.storage, at: 4 * shift)
                return Tensor(shape: operand.shape, dtype: .f32, storage: copy.storage, offset: 4 * shift)
            }
            device.run(.product(stated(found, operands[0], operands[1])))
            expectBits(found, expected.floats, "\(product.name), shifted by \(shift)")
        }
    }

    /// A batch whose blocks are more than a grid may have is cut.
    @Test func largeBatchesAreCut() {
        let device = TestedDevice.emulatedCuda()
        let product = CudaProductCase.all.first { $0.layout.batch_outer > 1 }!
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let expected = Tensor(product.c.floats, shape: product.c.shape)
        engine.device.run(.product(Product(.matrix, product.layout, product.a, product.b, to: expected)))
        for adding in [CudaProductPlan.Adding.turns, .scratch] {
            var plan = CudaProductPlan(product.layout, isAligned: (true, true), multiprocessors: 4)
            plan.adding = adding
            let found = device.tensor(product.c.shape)
            device.write(product.c.bytes, to: found.storage, at: 0)
            var work = cu_product()
            work.c = device.write(found)
            device.run(plan, work, device.read(product.a), device.read(product.b), mostBlocks: 1)
            expectBits(found, expected.floats)
        }
    }

    // MARK: The rule

    /// A linear layer's y, or the dW of `samples` samples.
    private static func linear(_ rows: Int, _ input: Int, _ output: Int, samples: Int = 0) -> CudaProductPlan {
        var layout = Product.layout(
            m: samples > 0 ? output : rows, n: samples > 0 ? input : output, k: samples > 0 ? rows / samples : input)
        if samples > 0 {
            layout.segments = Int64(samples)
            (layout.a_kind, layout.lda, layout.ldb) = (CK_A_COLUMNS, Int64(output), Int64(input))
            layout.accumulate = 1
        } else {
            (layout.b_kind, layout.lda, layout.ldb) = (CK_B_COLUMNS, Int64(input), Int64(input))
        }
        layout.ldc = layout.n
        return CudaProductPlan(layout, isAligned: (true, true), multiprocessors: 132)
    }

    private static func convolution(_ images: Int, _ input: Int, _ output: Int, edge: Int) -> CudaProductPlan {
        let layout = CudaProductCase.convolution(
            images: images, channels: input, out: output, height: edge + 2, width: edge + 2, kernel: 3)
        return CudaProductPlan(layout, isAligned: (true, true), multiprocessors: 132)
    }

    /// What was fastest on an H200: large tiles and turns for large results, chunks apart where tiles are few and chunks many.
    @Test func theRuleChoosesWhatWasMeasured() {
        let wide = CudaProductTests.linear(8192, 320, 2560)
        #expect(wide.tile == .large && wide.adding == .turns && wide.ways == (.k4, .k4))
        let weight = CudaProductTests.linear(8192, 320, 320, samples: 2)
        #expect(weight.adding == .scratch && weight.ways == (.i4, .i4) && weight.chunks == 32)
        let large = CudaProductTests.convolution(2, 320, 320, edge: 64)
        #expect(large.adding == .turns && large.ways == (.i4, .i1) && large.turning == .rows)
        // 320 rows are two and a half large tiles, five wide ones.
        #expect(large.tile == .wide && CudaProductTests.convolution(2, 640, 640, edge: 32).tile == .large)
        let small = CudaProductTests.convolution(2, 1280, 1280, edge: 8)
        #expect(small.adding == .scratch && small.ways == (.k4, .i1) && small.turning == .none)
        #expect(CudaProductTests.linear(154, 768, 320).tile == .small)
        #expect(CudaProductTests.linear(2, 256, 1280).adding == .alone)
        // 8192 × 8192 in 32 chunks would be 2·10⁹ floats.
        let huge = CudaProductTests.linear(8192, 8192, 8192)
        #expect(huge.adding == .turns && huge.workBytes == 0)
    }

    @Test func workIsTheScratchAndTheTurnedWeight() {
        let small = CudaProductTests.convolution(2, 1280, 1280, edge: 8)
        #expect(small.workBytes == 4 * 45 * 1280 * 128)
        let large = CudaProductTests.convolution(2, 320, 320, edge: 64)
        #expect(large.workBytes == 4 * 320 * 2880)
    }

    /// Operands whose neighbours lie 2³¹ elements apart or more have kernels with 64-bit distances.
    @Test func farOperandsAreSeen() {
        var layout = Product.layout(m: 256, n: 64, k: 64)
        (layout.b_kind, layout.lda, layout.ldb, layout.ldc) = (CK_B_COLUMNS, 1 << 23, 64, 64)
        #expect(CudaProductPlan(layout, isAligned: (true, true), multiprocessors: 4).tile != .far)
        layout.lda = 1 << 24
        #expect(CudaProductPlan(layout, isAligned: (true, true), multiprocessors: 4).tile == .far)
        var patches = CudaProductCase.convolution(
            images: 2, channels: 3, out: 4, height: 4000, width: 4000, kernel: 3)
        #expect(CudaProductPlan(patches, isAligned: (true, true), multiprocessors: 4).tile != .far)
        patches.patches.channel_stride = 1 << 31
        #expect(CudaProductPlan(patches, isAligned: (true, true), multiprocessors: 4).tile == .far)
    }
}
