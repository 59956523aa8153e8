import CKernels
import Foundation
import Testing

@testable import Compute

/// Kernels stay inside the workspace that they ask for.
@Suite struct WorkspaceTests {
    static let tables = [CK_ISA_BASELINE, CK_ISA_AVX2, CK_ISA_AVX512, CK_ISA_NEON].filter { ck_isa_supported($0) != 0 }

    /// Runs `body` on exactly `bytes` bytes, with guards before and behind.
    static func guarded(_ bytes: Int, _ body: (UnsafeMutableRawPointer) -> Void) -> Bool {
        let margin = 4 << 20
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes + 2 * margin, alignment: 64)
        defer { memory.deallocate() }
        let (front, back) = (memory.baseAddress!, memory.baseAddress! + margin + bytes)
        memset(front, 0xa5, memory.count)
        body(front + margin)
        // All bytes of a guard are equal when it equals itself shifted by one.
        return [UnsafeRawPointer(front), UnsafeRawPointer(back)].allSatisfy { guardBytes in
            guardBytes.load(as: UInt8.self) == 0xa5 && memcmp(guardBytes, guardBytes + 1, margin - 1) == 0
        }
    }

    /// (queries, keys, width): whole and partial blocks of queries, few and many keys.
    @Test(arguments: [
        (5, 7, 4), (65, 300, 40), (300, 700, 8), (320, 77, 20), (1, 2000, 16), (261, 90, 33),
    ])
    func attention(queries: Int, keys: Int, width: Int) {
        let (q, k, v) = (
            Samples.tensor([queries, width], 141), Samples.tensor([keys, width], 142),
            Samples.tensor([keys, width], 143)
        )
        let (o, dq) = (Tensor(zeros: q.shape), Tensor(zeros: q.shape))
        let (dk, dv) = (Tensor(zeros: k.shape), Tensor(zeros: k.shape))
        let statistics = Tensor(zeros: [2, queries])
        var plan = ck_attention()
        (plan.q, plan.k, plan.v) = (UnsafePointer(q.pointer), UnsafePointer(k.pointer), UnsafePointer(v.pointer))
        (plan.batch, plan.heads, plan.scale) = (1, 1, 0.25)
        (plan.queries, plan.keys, plan.width) = (Int64(queries), Int64(keys), Int64(width))
        (plan.q_stride, plan.kv_stride) = (Int64(width), Int64(width))
        for isa in WorkspaceTests.tables {
            let table = ck_kernels_for(isa).pointee.attention
            for workers in [1, 3] as [Int64] {
                var cut = table.forward_cut(&plan, workers)
                let forward = WorkspaceTests.guarded(cut.workspace) { workspace in
                    for task in 0..<cut.tasks {
                        table.forward(&plan, &cut, o.pointer, statistics.pointer, task, workspace)
                    }
                }
                #expect(forward, "forward, instruction set \(isa.rawValue), \(workers) workers")
            }
            var gradients = ck_attention_backward()
            (gradients.o, gradients.statistics) = (UnsafePointer(o.pointer), UnsafePointer(statistics.pointer))
            (gradients.d_o, gradients.dq) = (UnsafePointer(q.pointer), dq.pointer)
            (gradients.dk, gradients.dv) = (dk.pointer, dv.pointer)
            let backward = WorkspaceTests.guarded(table.backward_cut(&plan).workspace) {
                table.backward(&plan, &gradients, 0, $0)
            }
            #expect(backward, "backward, instruction set \(isa.rawValue)")
        }
        // The plan holds bare pointers.
        withExtendedLifetime((q, k, v, o, dq, dk, dv, statistics)) {}
    }

    @Test(arguments: [(1, 1, 1), (14, 32, 256), (29, 1030, 40), (500, 40, 60), (131, 151, 60)])
    func products(m: Int, n: Int, k: Int) {
        let (a, b, c) = (Samples.tensor([m, k], 144), Samples.tensor([k, n], 145), Tensor(zeros: [m, n]))
        var plan = ck_gemm()
        (plan.m, plan.n, plan.k, plan.segments) = (Int64(m), Int64(n), Int64(k), 1)
        (plan.group_columns, plan.batch_outer, plan.batch_inner) = (Int64(n), 1, 1)
        (plan.a, plan.b, plan.c) = (UnsafePointer(a.pointer), UnsafePointer(b.pointer), c.pointer)
        (plan.lda, plan.ldb, plan.ldc) = (Int64(k), Int64(n), Int64(n))
        for isa in WorkspaceTests.tables {
            let table = ck_kernels_for(isa).pointee.gemm
            for workers in [1, 4] as [Int64] {
                var cut = table.cut(&plan, workers)
                let isInside = WorkspaceTests.guarded(cut.workspace) { workspace in
                    for task in 0..<cut.tasks { table.task(&plan, &cut, task, workspace) }
                }
                #expect(isInside, "instruction set \(isa.rawValue), \(workers) workers")
            }
        }
        withExtendedLifetime((a, b, c)) {}
    }
}
