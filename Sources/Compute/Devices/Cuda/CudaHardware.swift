import CCuda

/// A device of NVIDIA's as the driver describes it.
package struct CudaHardware: Sendable, Equatable {
    /// Its place among the driver's devices.
    package let index: Int
    /// The driver's handle.
    let handle: Int32
    /// What its maker calls it, "NVIDIA H200".
    package let name: String
    /// Its identity, in hexadecimal digits.
    package let uuid: String
    /// Compute capability, (9, 0).
    package let capability: (major: Int, minor: Int)
    /// Groups of its processors.
    package let multiprocessors: Int
    /// Bytes of its memory.
    package let memoryBytes: Int
    /// Shared memory that a block may ask for.
    package let mostSharedBytes: Int

    /// Whether it reads the host's memory by itself, so that a copy may still be reading when the driver returns.
    let readsHostMemory: Bool

    /// The compute capability as NVIDIA writes it, "9.0".
    package var capabilityText: String { "\(capability.major).\(capability.minor)" }

    /// Whether the kernels run on it.
    package var isUsable: Bool { capability.major >= 8 }

    /// Asks `driver` for its device `index`.
    package init(_ driver: CudaDriver, index: Int) throws(CudaError) {
        let count = try driver.deviceCount()
        guard 0..<count ~= index else { throw .noDevice(index: index, count: count) }
        let functions = driver.functions
        var device: Int32 = 0
        try driver.check(functions.device(&device, Int32(index)), "asking for device \(index)")
        let handle = device
        func attribute(_ which: Int) throws(CudaError) -> Int {
            var value: Int32 = 0
            try driver.check(
                functions.device_attribute(&value, Int32(which), handle), "asking what device \(index) has")
            return Int(value)
        }
        self.index = index
        self.handle = handle
        var name = [CChar](repeating: 0, count: 256)
        try driver.check(functions.device_name(&name, 255, handle), "asking for the name of device \(index)")
        self.name = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        var uuid = [UInt8](repeating: 0, count: 16)
        try driver.check(functions.device_uuid(&uuid, handle), "asking for the identity of device \(index)")
        self.uuid = uuid.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        capability = (try attribute(Int(CU_CAPABILITY_MAJOR)), try attribute(Int(CU_CAPABILITY_MINOR)))
        multiprocessors = try attribute(Int(CU_MULTIPROCESSORS))
        mostSharedBytes = try attribute(Int(CU_MOST_SHARED_BYTES))
        readsHostMemory = (try? attribute(Int(CU_READS_HOST_MEMORY))) == 1
        var bytes = 0
        try driver.check(functions.device_memory(&bytes, handle), "asking for the memory of device \(index)")
        memoryBytes = bytes
    }

    package static func == (a: CudaHardware, b: CudaHardware) -> Bool { a.uuid == b.uuid && a.index == b.index }
}
