import CKernels
import Compute
import CudaEmulator
import Testing

/// A device that the tests of operations run over. A new device is a case here: then it is held to everything that the
/// others are.
enum TestedDevice: CaseIterable {
    case reference, cuda, openBLAS, shape

    /// What its results are held to.
    enum Promise {
        /// The bits of the contract.
        case bits
        /// The same numbers within what rounding explains, in another order of sums.
        case bound
        /// Shapes alone.
        case shapes
    }

    /// What it promises.
    var promise: Promise {
        switch self {
        case .reference, .cuda: .bits
        case .openBLAS: .bound
        case .shape: .shapes
        }
    }

    /// Engines on it, on every instruction set where it has several.
    func engines(workers: [Int] = [1]) -> [Engine] {
        switch self {
        case .reference: ISA.supported.flatMap { isa in workers.map { Engine(isa: isa, workers: $0) } }
        case .cuda: [Engine(device: TestedDevice.emulatedCuda())]
        case .openBLAS: workers.map { Engine(workers: $0, backend: .openblas) }
        case .shape: [Engine(device: ShapeDevice())]
        }
    }

    /// A device of NVIDIA's, emulated, of its own, with `settings` as `cuda_emulator_add` takes them. Every tensor is an allocation of its own, whose ends are watched.
    static func emulatedCuda(_ settings: String = "") -> CudaDevice {
        do {
            let driver = try CudaDriver(cuda_emulator().pointee, path: "emulator")
            return try CudaDevice(driver, index: Int(cuda_emulator_add(settings)), keepsBlocks: false) { error in
                fatalError("\(error): \(String(cString: cuda_emulator_trouble()))")
            }
        } catch { fatalError("\(error)") }
    }
}

/// Engines of all devices that promise the contract's bits, on every instruction set of this CPU.
func engines(workers: [Int] = [1]) -> [Engine] {
    TestedDevice.allCases.filter { $0.promise == .bits }.flatMap { $0.engines(workers: workers) }
}
