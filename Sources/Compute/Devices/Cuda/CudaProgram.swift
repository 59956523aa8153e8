import CCuda
import Core
import Foundation

/// The kernels as a device's machine code: what the driver makes of the PTX that this program carries, kept between runs.
///
/// `@unchecked Sendable`: kernels are looked up by the thread that queues them.
final class CudaProgram: @unchecked Sendable {
    /// A kernel that can be launched.
    struct Kernel {
        let function: cu_function
        /// The dynamic shared memory that the driver has been told of.
        var sharedBytes = 48 << 10
    }

    /// What was compiled, by which driver, for which capability.
    let digest: Digest
    /// The digest of the machine code.
    let code: Digest
    private let driver: CudaDriver
    private let module: cu_module
    private var kernels: [String: Kernel] = [:]
    /// The names of the kernels that have been looked up.
    var kernelsUsed: Set<String> { Set(kernels.keys) }

    private static var ptx: UnsafeRawBufferPointer {
        var bytes = 0
        let text = cu_ptx(&bytes)
        return UnsafeRawBufferPointer(start: text, count: bytes)
    }

    /// Machine code for `hardware`, whose context is current: out of `folder` if it is there, else made, which takes
    /// seconds, and laid there. A folder that cannot be written to is left alone.
    /// - Throws: `CudaError` if the driver does not take the PTX.
    init(_ driver: CudaDriver, _ hardware: CudaHardware, cache folder: String?) throws(CudaError) {
        self.driver = driver
        var hash = SHA256Stream()
        hash.update(CudaProgram.ptx)
        hash.update("\(driver.version) \(driver.release) \(hardware.capabilityText)")
        digest = hash.finalize()
        if let folder, let image = CudaProgram.kept("\(folder)/\(digest.hex).cubin"),
            let module = try? CudaProgram.load(image, driver)
        {
            self.module = module
            code = Digest.sha256(image)
            return
        }
        let image = try CudaProgram.linked(driver, hardware)
        module = try CudaProgram.load(image, driver)
        code = Digest.sha256(image)
        if let folder {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try? AtomicFile.write(code.bytes + image, to: "\(folder)/\(digest.hex).cubin")
        }
    }

    /// The machine code in a file, behind its digest; nil of one that holds something else, for the driver would believe it.
    private static func kept(_ path: String) -> [UInt8]? {
        guard let data = try? Data(contentsOf: URL(filePath: path)), data.count > Digest.byteCount else { return nil }
        let image = [UInt8](data.dropFirst(Digest.byteCount))
        return Digest(bytes: Array(data.prefix(Digest.byteCount))) == Digest.sha256(image) ? image : nil
    }

    /// The kernel `name`, ready for `sharedBytes` of shared memory.
    func kernel(_ name: String, sharedBytes: Int) throws(CudaError) -> cu_function {
        var kernel: Kernel
        if let known = kernels[name] {
            kernel = known
        } else {
            var function: cu_function?
            try driver.check(
                driver.functions.module_function(&function, module, name), "looking for the kernel \(name)")
            kernel = Kernel(function: function!)
            kernels[name] = kernel
        }
        if sharedBytes > kernel.sharedBytes {
            let attribute = Int32(CU_FUNCTION_SHARED_BYTES)
            try driver.check(
                driver.functions.function_set_attribute(kernel.function, attribute, Int32(sharedBytes)),
                "asking for \(sharedBytes) bytes of shared memory for the kernel \(name)")
            kernel.sharedBytes = sharedBytes
            kernels[name] = kernel
        }
        return kernel.function
    }

    private static func load(_ image: [UInt8], _ driver: CudaDriver) throws(CudaError) -> cu_module {
        var module: cu_module?
        // The driver is not told where the image ends: a text ends with a zero.
        let result = (image + [0]).withUnsafeBytes { driver.functions.module_load(&module, $0.baseAddress) }
        try driver.check(result, "loading the kernels")
        return module!
    }

    /// The driver's translation of the PTX.
    private static func linked(_ driver: CudaDriver, _ hardware: CudaHardware) throws(CudaError) -> [UInt8] {
        let functions = driver.functions
        let log = UnsafeMutablePointer<CChar>.allocate(capacity: 4096)
        defer { log.deallocate() }
        log.initialize(repeating: 0, count: 4096)
        var options = [Int32(CU_JIT_ERROR_LOG), Int32(CU_JIT_ERROR_LOG_BYTES)]
        var values = [UnsafeMutableRawPointer?(log), UnsafeMutableRawPointer(bitPattern: 4095)]
        // The driver keeps the options until the link is destroyed.
        return try options.withUnsafeMutableBufferPointer { (options) throws(CudaError) in
            try values.withUnsafeMutableBufferPointer { (values) throws(CudaError) in
                var link: cu_link?
                let doing = "translating the kernels for \(hardware.name)"
                try driver.check(
                    functions.link_create(2, options.baseAddress, values.baseAddress, &link), doing)
                defer { _ = functions.link_destroy(link) }
                let source = UnsafeMutableRawPointer(mutating: ptx.baseAddress)
                let added = functions.link_add(
                    link, Int32(CU_INPUT_PTX), source, ptx.count + 1, "smpo", 0, nil, nil)
                let detail = String(cString: log)
                try driver.check(added, detail.isEmpty ? doing : "\(doing) (\(detail))")
                var (image, bytes) = (UnsafeMutableRawPointer?.none, 0)
                try driver.check(functions.link_complete(link, &image, &bytes), doing)
                return [UInt8](UnsafeRawBufferPointer(start: image, count: bytes))
            }
        }
    }
}
