import CCuda
import CudaEmulator
import Testing

/// The emulator itself: right kernels are right in every order, and what is wrong shows.
@Suite struct EmulatedKernelsTests {
    /// Every order of threads with every order of blocks, one to five of them at once.
    private static let orders = ["to-and-fro", "up", "down", "shuffled"].flatMap { threads in
        ["up", "down", "shuffled"].flatMap { blocks in
            [1, 2, 5].map { "threads=\(threads),blocks=\(blocks),resident=\($0),seed=7" }
        }
    }
    private static let x = (0..<4096).map { Float($0 % 37) - 11.25 }

    @Test(arguments: [1, 255, 256, 1000, 4096])
    func fillReachesEveryElementAndNoOther(count: Int) {
        let kernels = EmulatedKernels()
        let x = kernels.room(count + 1)
        kernels.launch("fill", cu_fill(x: x, value: 2.5, count: Int64(count)), blocks: (3, 1, 1), threads: 256)
        let values = kernels.read(x, count + 1)
        #expect(Array(values.dropLast()) == [Float](repeating: 2.5, count: count))
        #expect(values[count].isNaN)
    }

    private func results(_ kernel: String, _ settings: String, threads: Int) -> (String, [Float]) {
        let kernels = EmulatedKernels(settings)
        let blocks = Self.x.count / threads
        let probe = cu_probe(
            x: kernels.upload(Self.x), y: kernels.upload([Float](repeating: 0, count: 64)),
            counters: kernels.upload([Int32](repeating: 0, count: 2)))
        let trouble = kernels.launch(kernel, probe, blocks: (blocks, 1, 1), threads: threads, sharedBytes: 1024)
        return (trouble, trouble.isEmpty ? kernels.read(probe.y, 64) : [])
    }

    @Test func barriersMakeASumRightInEveryOrder() {
        let want = (0..<16).map { block in Self.x[block * 256..<block * 256 + 256].reduce(0, +) }
        for order in Self.orders {
            let (trouble, sums) = results("probe_tree", order, threads: 256)
            #expect(trouble == "" && Array(sums.prefix(16)) == want)
            // Threads that run downwards find what those above them have added up already: right by luck.
            let (_, wrong) = results("probe_tree_without_barriers", order, threads: 256)
            if order.contains("threads=up") || order.contains("threads=shuffled") {
                #expect(Array(wrong.prefix(16)) != want)
            }
        }
    }

    @Test func ticketsMakeTurnsRightInEveryOrder() {
        var want = [Float](repeating: 0, count: 64)
        for block in 0..<64 { for t in 0..<64 { want[t] = want[t] * 0.75 + Self.x[block * 64 + (t + 1) % 64] } }
        var stuck = 0
        for order in Self.orders {
            let (trouble, y) = results("probe_turns", order, threads: 64)
            #expect(trouble == "" && y == want)
            let (withoutTickets, _) = results("probe_turns_without_tickets", order, threads: 64)
            if !withoutTickets.isEmpty {
                stuck += 1
                #expect(withoutTickets.contains("probe_turns_without_tickets: all"))
            }
            let early = results("probe_turns_without_wait", order, threads: 64).1
            #expect(early.filter(\.isNaN).count == 64)
        }
        #expect(stuck >= Self.orders.count / 3)
    }

    @Test func whatAKernelMayNotDoIsTold() {
        let cases = [
            ("probe_deadlock", "wait for a turn that no one hands on"),
            ("probe_two_barriers", "meet at different barriers"),
            ("probe_unaligned_fetch", "a fetch of 16 bytes is not aligned (block 0, 0, 0, thread"),
        ]
        for (kernel, trouble) in cases {
            let (found, _) = results(kernel, "", threads: 64)
            #expect(found.hasPrefix("\(kernel): ") && found.contains(trouble))
            #expect(results(kernel, "threads=shuffled,blocks=shuffled", threads: 64).0.contains(trouble.prefix(20)))
        }
    }

    @Test func writingBeyondMemoryIsTold() {
        let kernels = EmulatedKernels("")
        let probe = cu_probe(x: kernels.room(1), y: kernels.room(63), counters: kernels.room(2, of: Int32.self))
        let trouble = kernels.launch("probe_beyond_shared", probe, blocks: (1, 1, 1), threads: 64, sharedBytes: 252)
        #expect(trouble == "probe_beyond_shared: block (0, 0, 0) writes beyond its 252 bytes of shared memory")
        let others = EmulatedKernels("")
        let other = cu_probe(x: others.room(1), y: others.room(63), counters: others.room(2, of: Int32.self))
        #expect(others.launch("probe_beyond_memory", other, blocks: (1, 1, 1), threads: 63) == "")
        #expect(
            others.launch("probe_beyond_memory", other, blocks: (1, 1, 1), threads: 64)
                == "probe_beyond_memory: writes beyond the end of an allocation of 252 bytes")
    }

    @Test func launchesBeyondWhatADeviceCanAreRefused() {
        let kernels = EmulatedKernels("")
        let fill = cu_fill(x: kernels.room(4), value: 1, count: 4)
        #expect(kernels.launch("fill", fill, blocks: (0, 1, 1), threads: 256).contains("without threads"))
        #expect(kernels.launch("fill", fill, blocks: (1, 65_536, 1), threads: 1).contains("a grid larger"))
        #expect(kernels.launch("fill", fill, blocks: (1, 1, 1), threads: 257).contains("more threads"))
        #expect(kernels.launch("fill", fill, blocks: (1, 1, 1), threads: 256) == "")
    }

    @Test func plantedFaultsComeWhereTheyAreSaid() {
        let wrong = EmulatedKernels("wrong=fill:1")
        let x = wrong.room(4)
        for value: Float in [1, 2, 3] {
            wrong.launch("fill", cu_fill(x: x, value: value, count: 4), blocks: (1, 1, 1), threads: 32)
            let first = value == 2 ? 2.25 : value
            #expect(wrong.read(x, 4) == [first, value, value, value])
        }
        let failing = EmulatedKernels("fail=cuLaunchKernel:700:1")
        let fill = cu_fill(x: failing.room(4), value: 1, count: 4)
        #expect(failing.launch("fill", fill, blocks: (1, 1, 1), threads: 32) == "")
        #expect(failing.launch("fill", fill, blocks: (1, 1, 1), threads: 32) != "")
    }
}
