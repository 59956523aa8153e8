import CCuda
import Foundation

@testable import Compute

/// The emulator built anew with every mistake in its kernels, none of which is made until one is chosen.
final class MistakenKernels {
    let mistakes: [KernelMistake]
    private let folder: URL
    private let library: UnsafeMutableRawPointer
    private let chosen: UnsafeMutablePointer<Int32>
    private let add: @convention(c) (UnsafePointer<CChar>) -> Int32
    private let driver: CudaDriver

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let sources = tests.deletingLastPathComponent().appending(path: "Sources/CCuda")
    private static let emulator = tests.appending(path: "CudaEmulator")

    struct NotBuilt: Error, CustomStringConvertible {
        let description: String
    }

    /// Plants the mistakes of mistakes.txt and compiles, which takes seconds.
    init() throws {
        let list = Self.emulator.appending(path: "mistakes.txt")
        mistakes = try KernelMistake.read(try String(contentsOf: list, encoding: .utf8))
        let folder = FileManager.default.temporaryDirectory.appending(path: "smpo-mistakes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.folder = folder
        let variable = "cuda_mistake"
        let kernels = Self.sources.appending(path: "kernels")
        for name in try FileManager.default.contentsOfDirectory(atPath: kernels.path)
        where name.hasSuffix(".h") || name.hasSuffix(".cu") {
            var text = try String(contentsOf: kernels.appending(path: name), encoding: .utf8)
            let here = mistakes.enumerated().filter { $0.element.file == name }.map {
                (number: $0.offset + 1, mistake: $0.element)
            }
            text = try KernelMistake.plant(here, into: text, switchedBy: variable)
            if !here.isEmpty { text = "extern \"C\" int \(variable);\n" + text }
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        let unknown = Set(mistakes.map(\.file)).filter {
            !FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
        }
        guard unknown.isEmpty else { throw NotBuilt(description: "mistakes.txt names \(unknown.sorted())") }
        try Data("extern \"C\" __attribute__((visibility(\"default\"))) int \(variable) = 0;\n".utf8)
            .write(to: folder.appending(path: "mistake.cpp"))
        // Hidden, for this program has functions of the same names.
        let path = folder.appending(path: "libmistakes.so").path
        let units = ["Device", "Launch", "Memory", "Stacks", "driver", "kernels"].map {
            Self.emulator.appending(path: "\($0).cpp").path
        }
        try Self.run(
            ["clang++", "-std=c++17", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-Bsymbolic", "-w"]
                + [
                    folder, Self.emulator, Self.emulator.appending(path: "include"),
                    Self.sources.appending(path: "include"),
                ]
                .flatMap { ["-I", $0.path] } + units
                + [
                    Self.emulator.appending(path: "switch.S").path, folder.appending(path: "mistake.cpp").path, "-o",
                    path,
                ])
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL), let chosen = dlsym(library, variable),
            let add = dlsym(library, "cuda_emulator_add")
        else { throw NotBuilt(description: "\(path) cannot be loaded") }
        self.library = library
        self.chosen = chosen.assumingMemoryBound(to: Int32.self)
        self.add = unsafeBitCast(add, to: (@convention(c) (UnsafePointer<CChar>) -> Int32).self)
        driver = try CudaDriver(path: path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func run(_ command: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let log = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NotBuilt(description: String(decoding: log, as: UTF8.self)) }
    }

    /// What a family computes with mistake `number` (0: none) on a device with the given settings, or what the device says
    /// against it. A device that fails in the middle of an operation cannot be gone back from: its thread is left behind.
    func results(_ family: KernelFamily, mistake number: Int, settings: String) -> Result<[[UInt32]], CudaError> {
        chosen.pointee = Int32(number)
        let outcome = Outcome()
        let (driver, index) = (driver, Int(add(settings)))
        let thread = Thread {
            do {
                let device = try CudaDevice(driver, index: index, keepsBlocks: false) { error in
                    outcome.set(.failure(error))
                    while true { sleep(1000) }
                }
                outcome.set(.success(family.results(on: device)))
            } catch {
                outcome.set(.failure(error as! CudaError))
            }
        }
        thread.stackSize = 8 << 20
        thread.start()
        return outcome.wait()
    }

    /// `@unchecked Sendable`: written once, ahead of the signal.
    private final class Outcome: @unchecked Sendable {
        private var result: Result<[[UInt32]], CudaError>?
        private let done = DispatchSemaphore(value: 0)
        func set(_ result: Result<[[UInt32]], CudaError>) {
            self.result = result
            done.signal()
        }
        func wait() -> Result<[[UInt32]], CudaError> {
            done.wait()
            return result!
        }
    }
}
