/// What keeps a device of NVIDIA's from being used.
package enum CudaError: Error, Equatable, CustomStringConvertible {
    /// The driver's library cannot be loaded.
    case noDriver(path: String, why: String)
    /// The library lacks a function.
    case unusableDriver(path: String, why: String)
    /// There is no device of this number.
    case noDevice(index: Int, count: Int)
    /// The device is too old for the kernels.
    case tooOld(device: String, capability: String)
    /// A call of the driver failed.
    case failed(doing: String, code: Int, name: String, why: String)
    /// The device's memory is full.
    case outOfMemory(device: String, asked: Int, inUse: Int, free: Int, total: Int)

    package var description: String {
        switch self {
        case .noDriver(let path, let why):
            "the device cuda needs NVIDIA's driver, and it cannot be loaded from \(path): \(why). Install the driver (no "
                + "toolkit is needed), or leave --device out"
        case .unusableDriver(let path, let why):
            "NVIDIA's driver cannot be used: \(why) (\(path)). Install a newer driver, or leave --device out"
        case .noDevice(let index, let count):
            count == 0
                ? "NVIDIA's driver found no device"
                : "there is no device cuda:\(index): the driver found \(count), cuda:0"
                    + (count > 1 ? " to cuda:\(count - 1)" : "")
        case .tooOld(let device, let capability):
            "\(device) has compute capability \(capability); expected 8.0 or more"
        case .failed(let doing, let code, let name, let why):
            "the device failed while \(doing): \(name) (\(code)), \(why)"
        case .outOfMemory(let device, let asked, let inUse, let free, let total):
            "\(device) has no memory left: \(Self.mebibytes(asked)) asked for, \(Self.mebibytes(inUse)) in use by this "
                + "program, \(Self.mebibytes(free)) free of \(Self.mebibytes(total)). To take less: in a "
                + "training training.recompute and training.micro_pairs, elsewhere a smaller batch"
        }
    }

    private static func mebibytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
}
