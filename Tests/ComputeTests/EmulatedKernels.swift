import CCuda
import CudaEmulator

/// Kernels launched one by one on an emulated device, for tests of a family without the device around it.
/// Memory lives as long as this; contents are NaN until written.
final class EmulatedKernels {
    private let driver = cuda_emulator()!.pointee
    private let device: Int32
    private let module: cu_module
    private var memory: [cu_address] = []

    /// On a new device with the settings of `cuda_emulator_add`, or on the usual one.
    init(_ settings: String? = nil) {
        device = settings.map { cuda_emulator_add($0) } ?? 0
        Self.succeed(driver.`init`(0))
        var context: cu_context?
        Self.succeed(driver.context_retain(&context, device))
        Self.succeed(driver.context_set_current(context))
        var (image, bytes) = (UnsafeMutableRawPointer?.none, 0)
        var link: cu_link?
        Self.succeed(driver.link_create(0, nil, nil, &link))
        Self.succeed(driver.link_complete(link, &image, &bytes))
        var module: cu_module?
        Self.succeed(driver.module_load(&module, image))
        Self.succeed(driver.link_destroy(link))
        self.module = module!
    }

    deinit {
        attach()
        for address in memory { Self.succeed(driver.memory_free(address)) }
    }

    /// Room for `count` values, in the device's memory.
    func room<Value>(_ count: Int, of type: Value.Type = Float.self) -> UnsafeMutablePointer<Value> {
        attach()
        var address: cu_address = 0
        Self.succeed(driver.memory_allocate(&address, max(count, 1) * MemoryLayout<Value>.stride))
        memory.append(address)
        return UnsafeMutablePointer(bitPattern: UInt(address))!
    }

    func upload<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
        let pointer = room(values.count, of: Value.self)
        values.withUnsafeBytes {
            Self.succeed(driver.copy_to_device(cu_address(UInt(bitPattern: pointer)), $0.baseAddress, $0.count, nil))
        }
        return pointer
    }

    func read<Value: BitwiseCopyable>(_ pointer: UnsafePointer<Value>, _ count: Int) -> [Value] {
        attach()
        return [Value](unsafeUninitializedCapacity: count) { buffer, filled in
            Self.succeed(
                driver.copy_to_host(
                    buffer.baseAddress, cu_address(UInt(bitPattern: pointer)), count * MemoryLayout<Value>.stride, nil))
            filled = count
        }
    }

    /// Runs the kernel `name`. Returns what the device has against it, or nothing; what fails is over with this device.
    @discardableResult func launch<Arguments: BitwiseCopyable>(
        _ name: String, _ arguments: Arguments, blocks: (x: Int, y: Int, z: Int), threads: Int, sharedBytes: Int = 0
    ) -> String {
        attach()
        var function: cu_function?
        precondition(driver.module_function(&function, module, name) == 0, "there is no kernel \(name)")
        if sharedBytes > 48 << 10 {
            Self.succeed(driver.function_set_attribute(function, Int32(CU_FUNCTION_SHARED_BYTES), Int32(sharedBytes)))
        }
        var arguments = arguments
        let launched = withUnsafeMutablePointer(to: &arguments) {
            var pointers: [UnsafeMutableRawPointer?] = [UnsafeMutableRawPointer($0)]
            return driver.launch(
                function, UInt32(blocks.x), UInt32(blocks.y), UInt32(blocks.z), UInt32(threads), 1, 1,
                UInt32(sharedBytes), nil, &pointers, nil)
        }
        let result = launched == 0 ? driver.stream_synchronize(nil) : launched
        var text: UnsafePointer<CChar>?
        _ = driver.error_string(result, &text)
        return result == 0 ? "" : text.map { String(cString: $0) } ?? "result \(result)"
    }

    /// A context is a host thread's, and a test may change threads.
    private func attach() {
        var context: cu_context?
        Self.succeed(driver.context_retain(&context, device))
        Self.succeed(driver.context_set_current(context))
    }

    private static func succeed(_ result: cu_result) {
        precondition(result == 0, "result \(result): \(String(cString: cuda_emulator_trouble()))")
    }
}
