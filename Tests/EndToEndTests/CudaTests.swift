import Core
import Foundation
import Ledger
import Testing

/// The program's device `cuda`, on an emulated driver: the library `cuda-emulator`, loaded in place of NVIDIA's.
@Suite struct CudaTests {
    private static let library = Program.executable.deletingLastPathComponent().appendingPathComponent(
        "libcuda-emulator.so"
    ).path

    /// Runs the program where the emulator is the driver and `emulator` are its settings.
    private func run(_ sandbox: Sandbox, _ arguments: String..., emulator: String = "") throws -> Program.Result {
        try sandbox.program.start(
            arguments,
            environment: [
                "SMPO_CUDA_LIBRARY": Self.library, "CUDA_EMULATOR": emulator,
                "XDG_CACHE_HOME": sandbox.runs.path("cache"),
            ]
        ).wait()
    }

    private func manifest(_ sandbox: Sandbox, _ run: String) throws -> Manifest {
        try Manifest.read(sandbox.workspace.manifest(run))
    }

    /// Recorded on the GPU, and audited on the CPU, on the GPU and on both; the CPU's own run has the same head.
    @Test func aRunOfTheGPUIsAnyRun() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}")
            let recorded = try run(sandbox, "train", recipe, "--record", "--device", "cuda")
            #expect(recorded.status == 0, "\(recorded.output)\(recorded.errors)")
            let here = try sandbox.program.run("train", recipe, "--record", "--name", "here")
            #expect(here.status == 0, "\(here.errors)")
            let (gpu, cpu) = (try manifest(sandbox, "run-1"), try manifest(sandbox, "here"))
            #expect(gpu.inputs == cpu.inputs && gpu.outcome == cpu.outcome && gpu.outcome != nil)

            // The GPU is a circumstance, and the page of the run names it.
            let device = try JSONCursor(gpu.circumstances.json, name: "circumstances")["device"]
            #expect(try device["kind"].string() == "cuda" && !device["hardware"].string().isEmpty)
            #expect(cpu.circumstances.other["device"] == nil)

            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 0 && !audit.output.contains("replayed on"), "\(audit.output)\(audit.errors)")
            let there = try run(sandbox, "audit", "here", "--device", "cuda:0", "--json")
            #expect(there.status == 0, "\(there.output)\(there.errors)")
            let report = try JSONCursor(JSONValue.parse(Array(there.output.utf8), file: "report"), name: "report")
            #expect(try report["device"].string().hasPrefix("cuda:0 ("))
            try AtomicFile.write(there.output, to: sandbox.runs.path("audit.json"))
            let page = try sandbox.program.run("report", "audit.json")
            #expect(page.status == 0 && page.output.contains("cuda:0 ("), "\(page.output)\(page.errors)")

            let mixed = try run(sandbox, "audit", "run-1", "--device", "cuda", "--sample", "1")
            #expect(mixed.status == 0, "\(mixed.output)\(mixed.errors)")
            for words in ["run-1: reproduced\n", "replayed on       cuda:0", "on the CPU:\n", "in 1 of 2 segments"] {
                #expect(mixed.output.contains(words), "\(words): \(mixed.output)")
            }
            let part = try run(sandbox, "audit", "run-1", "--device", "cuda", "--segment", "3..4")
            #expect(part.status == 0 && part.output.contains("3..4 of 4 steps"), "\(part.output)\(part.errors)")

            // Taken up on the other device: the same head.
            let first = try run(sandbox, "train", recipe, "--record", "--name", "cut", "--device", "cuda")
            #expect(first.status == 0)
            #expect(try manifest(sandbox, "cut").outcome == cpu.outcome)
        }
    }

    /// A device that gives a wrong answer is named and computes nothing; one that has answered is not asked again.
    @Test func aDeviceIsAskedBeforeItIsTrusted() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 1)
            let wrong = try run(
                sandbox, "train", recipe, "--record", "--device", "cuda", emulator: "wrong=group_norm_held:0")
            #expect(wrong.status == 2 && wrong.output.isEmpty, "\(wrong.output)\(wrong.errors)")
            #expect(wrong.errors.contains("cuda:0 is not trusted"), "\(wrong.errors)")
            #expect(wrong.errors.contains("group normalisation"), "\(wrong.errors)")
            #expect(!FileContents.exists(sandbox.workspace.manifest("run-1")))

            let doctor = try run(sandbox, "doctor", "--device", "cuda", emulator: "wrong=adamw:0")
            #expect(doctor.status == 2 && doctor.output.contains("DOES NOT HOLD: cuda:0: "), "\(doctor.output)")
            let healthy = try run(sandbox, "doctor", "--device", "cuda")
            #expect(healthy.status == 0 && healthy.output.contains("cuda:0: known answers kept"), "\(healthy.output)")

            let train = try run(sandbox, "train", recipe, "--device", "cuda")
            #expect(train.status == 0, "\(train.errors)")
            // The answers are kept now: a fault of the training's own launches is the audit's to find.
            let cache = try FileManager.default.contentsOfDirectory(atPath: sandbox.runs.path("cache/smpo/cuda"))
            #expect(
                cache.contains { $0.hasSuffix(".answers") } && cache.contains { $0.hasSuffix(".cubin") }, "\(cache)")
        }
    }

    /// A bit that flips in the middle of a run on a trusted device is found by the audit on the CPU.
    @Test func aFlippedBitIsFound() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 2)
            #expect(try run(sandbox, "train", recipe, "--device", "cuda").status == 0)
            let recorded = try run(
                sandbox, "train", recipe, "--record", "--device", "cuda", emulator: "wrong=adamw:3")
            #expect(recorded.status == 0, "\(recorded.errors)")
            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 1 && audit.output.contains("step 1, phase weights, unet/"), "\(audit.output)")
        }
    }

    /// The device's memory is full: a clear error, and what is in the ledger holds.
    @Test func fullMemoryIsAClearError() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 2)
            #expect(try run(sandbox, "train", recipe, "--device", "cuda").status == 0)
            let planned = try run(sandbox, "train", recipe, "--device", "cuda", "--record", emulator: "memory=200000")
            #expect(planned.status == 2 && planned.errors.contains("memory"), "\(planned.output)\(planned.errors)")
            // The plan does not know that a call will fail.
            let failed = try run(
                sandbox, "train", recipe, "--device", "cuda", "--record", emulator: "fail=cuMemAlloc_v2:2:60")
            #expect(failed.status == 2, "\(failed.output)\(failed.errors)")
            #expect(failed.errors.contains("has no memory left"), "\(failed.errors)")
            let broken = try run(
                sandbox, "train", recipe, "--device", "cuda", "--record", emulator: "fail=cuLaunchKernel:719:900")
            #expect(broken.status == 2 && broken.errors.contains("starting the kernel"), "\(broken.errors)")
            // Every thread that reads finds the device broken; one speaks.
            let threads = try run(
                sandbox, "train", recipe, "--device", "cuda", "--record", "--workers", "8",
                emulator: "fail=cuMemcpyDtoHAsync_v2:719:100")
            #expect(threads.status == 2, "\(threads.errors)")
            #expect(threads.errors.components(separatedBy: "smpo: trouble: the device failed").count == 2)
            let verified = try sandbox.program.run("runs")
            #expect(verified.status == 0, "\(verified.errors)")
        }
    }

    /// Where there is no driver, or no such device, or one that is too old, nothing is computed and the reason is said.
    @Test func whatIsMissingIsSaid() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 1)
            let none = try sandbox.program.start(
                ["train", recipe, "--device", "cuda"], environment: ["SMPO_CUDA_LIBRARY": "/nowhere/libcuda.so.1"]
            ).wait()
            #expect(none.status == 2 && none.errors.contains("/nowhere/libcuda.so.1"), "\(none.errors)")
            let other = try run(sandbox, "train", recipe, "--device", "cuda:3")
            #expect(other.status == 2 && other.errors.contains("there is no device cuda:3"), "\(other.errors)")
            let old = try run(sandbox, "train", recipe, "--device", "cuda", emulator: "capability=75")
            #expect(old.status == 2 && old.errors.contains("compute capability 7.5"), "\(old.errors)")
            let unknown = try run(sandbox, "train", recipe, "--device", "cuda:x")
            #expect(unknown.status == 64)
            let foreign = try run(sandbox, "train", recipe, "--device", "cuda", "--set", "backend=openblas")
            #expect(foreign.status == 64 && foreign.errors.contains("computes on the CPU"), "\(foreign.errors)")
            let library = try sandbox.program.start(
                ["doctor", "--device", "cuda"], environment: ["SMPO_CUDA_LIBRARY": "libz.so.1"]
            ).wait()
            #expect(library.status == 2, "\(library.errors)")
        }
    }
}
