import Compute
import Dispatch
import Synchronization
import Testing

@Suite struct OpenBLASTests {
    /// The library composes its configuration anew for everyone who asks, in one place.
    @Test func theConfigurationIsOneForAllThreads() {
        let found = Mutex<Set<String>>([])
        DispatchQueue.concurrentPerform(iterations: 20_000) { _ in
            let config = OpenBLAS.config
            _ = found.withLock { $0.insert(config) }
        }
        found.withLock { #expect($0.count == 1 && $0.first!.hasPrefix("OpenBLAS \(OpenBLAS.version)"), "\($0)") }
    }
}
