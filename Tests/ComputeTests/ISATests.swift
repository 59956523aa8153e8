import CKernels
import Compute
import Testing

@Suite struct ISATests {
    /// The sets that this architecture may have at all, narrowest first.
    #if arch(arm64)
        static let own: [ISA] = [.baseline, .neon]
        static let foreign: [ISA] = [.avx2, .avx512]
    #else
        static let own: [ISA] = [.baseline, .avx2, .avx512]
        static let foreign: [ISA] = [.neon]
    #endif

    @Test func theBestIsTheWidestOfThisMachine() {
        #expect(ISA.supported == ISATests.own.filter(\.isSupported))
        #expect(ISA.supported == ISA.supported.sorted())
        #expect(ISA.best == ISA.supported.last && ISA.best >= .baseline)
        #expect(ISATests.foreign.allSatisfy { !$0.isSupported })
    }

    /// Asking for a set gives that set's kernels, not the portable ones under its name.
    @Test func everySetHasItsOwnTable() {
        for isa in WorkspaceTests.tables { #expect(ck_kernels_for(isa).pointee.isa == isa) }
    }
}
