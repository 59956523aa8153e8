import CKernels

/// The instruction set that the kernels run on. All give the same bits; the choice is recorded, never needed.
package enum ISA: String, Sendable, CaseIterable, Comparable {
    case baseline
    case avx2
    case avx512
    /// Of aarch64, where it is always there.
    case neon

    package var code: ck_isa {
        switch self {
        case .baseline: CK_ISA_BASELINE
        case .avx2: CK_ISA_AVX2
        case .avx512: CK_ISA_AVX512
        case .neon: CK_ISA_NEON
        }
    }

    /// Its kernels.
    var kernels: ck_kernels { ck_kernels_for(code).pointee }

    /// Whether this CPU can execute it.
    package var isSupported: Bool { ck_isa_supported(code) != 0 }

    /// The widest instruction set of this CPU.
    package static var best: ISA { allCases.last { $0.isSupported } ?? .baseline }

    /// The instruction sets that this CPU can execute, narrowest first.
    package static var supported: [ISA] { allCases.filter(\.isSupported) }

    /// Narrower sets of a machine come first.
    package static func < (left: ISA, right: ISA) -> Bool { left.code.rawValue < right.code.rawValue }
}
