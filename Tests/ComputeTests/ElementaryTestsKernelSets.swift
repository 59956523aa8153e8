import CKernels

/// The instruction sets that this CPU can run, with their kernels.
enum ElementaryKernelSets {
    static let all: [(name: String, kernels: ck_kernels)] = [
        ("baseline", CK_ISA_BASELINE), ("avx2", CK_ISA_AVX2), ("avx512", CK_ISA_AVX512),
        ("neon", CK_ISA_NEON),
    ].compactMap { name, isa in
        ck_isa_supported(isa) == 0 ? nil : (name, ck_kernels_for(isa).pointee)
    }
}
