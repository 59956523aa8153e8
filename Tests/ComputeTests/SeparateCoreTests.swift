import CKernels
import Glibc
import Synchronization
import Testing

@testable import Compute

/// Workers stay off the caller's core where there are enough of them.
@Suite struct SeparateCoreTests {
    @Test func aWorkerHasAllCoresButOne() throws {
        let cores = ck_core_count()
        guard cores >= 2 else { return }
        let pool = WorkerPool(workers: 2)
        defer { pool.stop() }
        let caller = pthread_self()
        let found = Atomic<Int32>(0)
        let started = Atomic<Int>(0)
        // A worker that comes late is not waited for: each task waits a while for the other.
        for _ in 0..<1000 where found.load(ordering: .relaxed) == 0 {
            started.store(0, ordering: .relaxed)
            pool.run(tasks: 2) { _, _ in
                started.add(1, ordering: .relaxed)
                var looks = 0
                while started.load(ordering: .relaxed) < 2 && looks < 1_000_000 {
                    looks += 1
                    ck_pause()
                }
                if pthread_equal(pthread_self(), caller) == 0 { found.store(ck_core_count(), ordering: .relaxed) }
            }
        }
        #expect(found.load(ordering: .relaxed) == cores - 1)
        #expect(ck_core_count() == cores)
    }

    @Test func noneIsKeptFreeWhereAllAreNeeded() {
        #expect(SeparateCore(workers: 1) == nil)
        #expect(SeparateCore(workers: Int(ck_core_count()) + 1) == nil)
    }
}
