import Foundation
import Synchronization

/// The temporary files that are being written now, so that a handler of a signal that ends the program can remove them.
package enum TemporaryFiles {
    /// So many at a time; one more is not remembered.
    private static let most = 64
    private static let size = Int(PATH_MAX)
    /// Paths of C strings, empty where a place is free. Neither allocated nor freed while the program runs: a signal may
    /// come at any moment.
    private nonisolated(unsafe) static let paths: UnsafeMutablePointer<CChar> = {
        let paths = UnsafeMutablePointer<CChar>.allocate(capacity: most * size)
        for place in 0..<most { paths[place * size] = 0 }
        return paths
    }()
    private static let lock = Mutex(())

    /// Makes room, which a signal handler must not.
    package static func prepare() { _ = paths }

    static func add(_ path: String) {
        lock.withLock { _ in
            guard path.utf8.count < size, let place = (0..<most).first(where: { paths[$0 * size] == 0 }) else { return }
            let start = paths + place * size
            // The first byte last: until it is there, the place is free.
            for (index, byte) in path.utf8.enumerated().dropFirst() { start[index] = CChar(bitPattern: byte) }
            start[path.utf8.count] = 0
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            start[0] = CChar(bitPattern: path.utf8.first ?? 0)
        }
    }

    static func forget(_ path: String) {
        lock.withLock { _ in
            path.withCString { path in
                for place in 0..<most where strcmp(paths + place * size, path) == 0 { paths[place * size] = 0 }
            }
        }
    }

    /// Removes them all. May be called by a signal handler of a program that then ends.
    package static func removeAll() {
        for place in 0..<most where paths[place * size] != 0 { unlink(paths + place * size) }
    }
}
