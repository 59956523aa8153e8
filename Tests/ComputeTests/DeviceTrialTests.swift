import CudaEmulator
import Testing

@testable import Compute

/// What a device `cuda` is asked before it is trusted: it starts every kernel, and a wrong one is noticed.
@Suite struct DeviceTrialTests {
    /// Kernels that no operation starts, and why they are there.
    private static let apart = [
        // The words that the numbers of a stream are made of, for tests of the generator.
        "draw_words"
    ]

    @Test func knownAnswersAndTrialsStartEveryKernel() {
        let device = TestedDevice.emulatedCuda()
        let check = KnownAnswerCheck(.ref1, on: Engine(device: device))
        #expect(check.mismatches.isEmpty, "\(check.mismatches)")
        #expect(check.asked == KnownAnswer.operations(.ref1).count + DeviceTrial.all.count)
        let kernels = (0..<cuda_emulator_kernels()).map { String(cString: cuda_emulator_kernel($0)) }
        let started = device.kernelsUsed
        let missed = kernels.filter { !$0.hasPrefix("probe_") && !started.contains($0) }
        #expect(missed.sorted() == Self.apart)
        #expect(Set(DeviceTrial.all.map(\.name)).count == DeviceTrial.all.count)
    }

    /// The bits of a NaN are no part of the contract.
    @Test func noResultIsNaN() {
        let reference = Engine()
        defer { reference.stop() }
        for trial in DeviceTrial.all {
            for result in trial.results(on: reference) {
                let hasNaN =
                    switch result.dtype {
                    case .f32: result.floats.contains(where: \.isNaN)
                    case .f64: result.doubles.contains(where: \.isNaN)
                    default: false
                    }
                #expect(!hasNaN, "\(trial)")
            }
        }
    }

    /// The plans that hang on the device's size are asked for, not found by chance.
    @Test func trialsAloneStartEveryKernelOfProductsAndAttention() {
        let device = TestedDevice.emulatedCuda()
        let check = KnownAnswerCheck(
            .ref1, [], trials: DeviceTrial.products + DeviceTrial.convolutions + DeviceTrial.attentions,
            on: Engine(device: device))
        #expect(check.mismatches.isEmpty, "\(check.mismatches)")
        let kernels = (0..<cuda_emulator_kernels()).map { String(cString: cuda_emulator_kernel($0)) }
        let planned = kernels.filter { name in ["product_", "attention_", "turn"].contains { name.hasPrefix($0) } }
        #expect(planned.count > 30 && device.kernelsUsed.isSuperset(of: planned))
    }

    @Test(arguments: [
        ("sample_move", 0), ("first_place", 0), ("product_wide_i4_i1", 1), ("turn_taps", 0),
        ("attention_queries_160", 0),
        ("attention_add_parts", 0), ("group_norm_apply", 1), ("adafactor_long_rows", 0),
    ]) func aWrongKernelIsNoticed(kernel: String, launch: Int) throws {
        let device = TestedDevice.emulatedCuda("wrong=\(kernel):\(launch)")
        let trials = DeviceTrial.all.filter { trial in
            switch kernel.split(separator: "_")[0] {
            case "product", "turn": trial.name.contains("wide tiles")
            case "attention": trial.name.contains("160")
            default: DeviceTrial.others.contains { $0.name == trial.name }
            }
        }
        let check = KnownAnswerCheck(.ref1, [], trials: trials, on: Engine(device: device))
        #expect(check.asked == trials.count && check.mismatches.count == 1, "\(check.mismatches)")
        let mismatch = try #require(check.mismatches.first)
        #expect(mismatch.expected == "the CPU's bits" && mismatch.found.hasPrefix("other bits in element"))
    }
}
