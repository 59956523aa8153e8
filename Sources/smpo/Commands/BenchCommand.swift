import ArgumentParser
import Compute
import Core
import Foundation
import Training

/// `smpo bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the reference kernels beside OpenBLAS, and training steps.",
        discussion: """
            Products and convolutions of Stable Diffusion 1.5's UNet, text encoder and
            autoencoder and of the embedded model, each computed by both sides in turn
            (ours, OpenBLAS, ours, OpenBLAS, …), with one worker and with all of them;
            the medians are compared. A ratio above 1
            means that the reference kernels are faster. Before the timing both results
            are compared: two that differ by more than rounding end the run. Then steps
            of the embedded recipe, in turn: with nobody watching, recorded, and audited
            (replayed and compared with the record); and the memory that training holds.

            OpenBLAS gets as many threads as we have workers. Its speed depends on the
            kernels that it chooses for the CPU, so they are printed too; a version that
            does not know a CPU falls back to old ones, and OPENBLAS_CORETYPE makes it
            choose others. With several workers each side waits until the other's threads
            sleep. Measure on an idle machine: OpenBLAS's threads wait for each other and
            lose most when others work too.

            With --shared-by N work is cut as for N workers and done on one thread with a
            clock on each task; from these times it is reckoned how long N workers take if
            none idles while a task is left. That shows on any machine what is not shared:
            what lies between the jobs of the workers, jobs of one task, tasks too large.
            How many threads' memory is quick enough for it does not show.

            EXAMPLES
              smpo bench
              smpo bench --quick
              smpo bench --isa avx2 --workers 4 --rounds 15
              OPENBLAS_CORETYPE=SkylakeX smpo bench --workers 1
              smpo bench --json > bench.json
              smpo bench --work attention
              smpo bench --shared-by 16
              smpo bench --shared-by 16 --work "SD1.5 UNet, 64², forward"

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    @Option(help: "Timings of each side, at least 7.")
    var rounds = 7

    @Flag(help: "Smaller shapes: seconds instead of minutes.")
    var quick = false

    @Option(help: "Time only the work of this name, or those that begin so, one JSON line each; \"list\" names them.")
    var work: String?

    @Option(
        name: .customLong("shared-by"),
        help: "Reckon how long this many workers take, from the times of single tasks on one thread.")
    var sharedBy: Int?

    @Flag(help: "Print the results as JSON.")
    var json = false

    func validate() throws {
        guard (7...1000).contains(rounds) else {
            throw ValidationError("--rounds must be between 7 and 1000, found \(rounds)")
        }
        if let sharedBy {
            guard (2...256).contains(sharedBy) else {
                throw ValidationError("--shared-by must be between 2 and 256, found \(sharedBy)")
            }
            guard engineOptions.workers == nil, deviceOptions.name == .cpu else {
                throw ValidationError(
                    "--shared-by says how many workers there are, on the CPU: leave out --workers and --device")
            }
        }
    }

    func run() throws {
        if let sharedBy { return try share(among: sharedBy) }
        if let work { return try time(work) }
        guard deviceOptions.name == .cpu else {
            throw ValidationError("--device is for --work: the other figures hold kernels of the CPU against OpenBLAS")
        }
        var load = 0.0
        getloadavg(&load, 1)
        let widest = try engineOptions.engine()
        let (isa, workers) = (widest.isa, widest.pool.workers)
        widest.stop()
        var results: [ContestResult] = []
        for count in workers == 1 ? [1] : [1, workers] { results += try measure(isa: isa, workers: count) }
        let report = BenchReport(
            isa: isa, rounds: rounds, isQuick: quick, load: load, results: results, step: try step(isa, workers))
        print(json ? report.json.pretty : report.text)
    }

    private func works(_ prefix: String) throws -> [Workload] {
        // A whole name means that work alone, though others begin with it.
        let exact = Workload.all.filter { $0.name == prefix }
        let works = exact.isEmpty ? Workload.all.filter { $0.name.hasPrefix(prefix) } : exact
        guard !works.isEmpty else { throw ValidationError("no work begins with \"\(prefix)\"; see --work list") }
        return works
    }

    /// What `workers` would gain.
    private func share(among workers: Int) throws {
        try FloatEnvironment.check()
        let benchmark = SharingBenchmark(isa: engineOptions.isa.flatMap(ISA.init) ?? .best, workers: workers)
        let results =
            if let work {
                try works(work).map(benchmark.work)
            } else {
                try benchmark.steps(Recipe.read(path: TrainCommand.embedded))
            }
        let report = SharingReport(benchmark: benchmark, results: results)
        print(json ? report.json.pretty : report.text)
    }

    /// Works that other frameworks do as well, each repeated for half a second at least after one to warm up.
    private func time(_ prefix: String) throws {
        if prefix == "list" { return print(Workload.all.map(\.name).joined(separator: "\n")) }
        let works = try works(prefix)
        let engine = try deviceOptions.engine(engineOptions)
        let cuda = engine.device as? CudaDevice
        for work in works {
            let run = try work.make(engine)
            try run()
            cuda?.wait()
            cuda?.beginPeak()
            var (times, clock): ([Double], ContinuousClock) = ([], ContinuousClock())
            repeat {
                let time = try clock.measure {
                    try run()
                    cuda?.wait()
                }
                times.append(time / .seconds(1))
            } while times.reduce(0, +) < 0.5
            times.sort()
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            var line: JSONObject = [
                "name": .string(work.name), "seconds": .string(String(format: "%.6f", times[times.count / 2])),
                "runs": .integer(times.count), "peak_bytes": .integer(usage.ru_maxrss * 1024),
                "workers": .integer(engine.pool.workers), "isa": .string(engine.isa.rawValue),
            ]
            if let cuda {
                line["device"] = .string("\(cuda)")
                line["device_peak_bytes"] = .integer(cuda.memoryUse.peak)
            }
            print(JSONValue.object(line).canonical)
        }
    }

    /// Steps of the embedded recipe: plain, recorded and audited in turn.
    private func step(_ isa: ISA, _ workers: Int) throws -> StepBenchmark.Result? {
        guard FileManager.default.fileExists(atPath: TrainCommand.embedded) else { return nil }
        let engine = Engine(isa: isa, workers: workers)
        defer { engine.stop() }
        let recipe = try Recipe.read(path: TrainCommand.embedded)
        return try StepBenchmark(recipe: recipe, engine: engine).run(rounds: quick ? 7 : 15)
    }

    private func measure(isa: ISA, workers: Int) throws -> [ContestResult] {
        let engine = Engine(isa: isa, workers: workers)
        defer { engine.stop() }
        let products = BenchShapes.products.map { quick ? $0.quick : $0 }
        let convolutions = BenchShapes.convolutions.map { quick ? $0.quick : $0 }
        // One contest at a time: its operands are released before the next one's are made.
        return try products.map { try contest(Contest($0, engine: engine), workers) }
            + convolutions.map { try contest(Contest($0, engine: engine), workers) }
    }

    private func contest(_ contest: Contest, _ workers: Int) throws -> ContestResult {
        let result = try contest.run(rounds: rounds, workers: workers)
        StandardError.write("measured \(result.name), workers: \(workers)\n")
        return result
    }
}
