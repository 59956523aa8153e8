import Synchronization

/// What was used last, up to a number of bytes, and beside that one value that is larger than half of them: a page of
/// pictures is not given up for the small pages that are read with it, and never held twice over.
final class RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let bytes: Int
        var used: UInt64
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        /// Those of `entries`.
        var bytes = 0
        var large: (key: Key, value: Value)?
        var clock: UInt64 = 0
    }
    private let limit: Int
    private let state = Mutex(State())

    init(bytes limit: Int) { self.limit = limit }

    private func isLarge(_ bytes: Int) -> Bool { bytes > limit / 2 }

    /// The value for `key`, made where it is not kept; where `expected` bytes are many, room is made before. Threads may make
    /// one twice; it is the same.
    func value(_ key: Key, expected: Int = 0, bytes: (Value) -> Int, make: () throws -> Value) rethrows -> Value {
        let kept = state.withLock { state -> Value? in
            if let large = state.large, large.key == key { return large.value }
            state.clock += 1
            state.entries[key]?.used = state.clock
            let entry = state.entries[key]
            if entry == nil, isLarge(expected) { state.large = nil }
            return entry?.value
        }
        if let kept { return kept }
        let value = try make()
        let size = bytes(value)
        state.withLock { state in
            if isLarge(size) {
                state.large = (key, value)
                return
            }
            state.clock += 1
            if let old = state.entries.updateValue(
                Entry(value: value, bytes: size, used: state.clock), forKey: key)
            {
                state.bytes -= old.bytes
            }
            state.bytes += size
            while state.bytes > limit, let oldest = state.entries.min(by: { $0.value.used < $1.value.used }) {
                state.entries[oldest.key] = nil
                state.bytes -= oldest.value.bytes
            }
        }
        return value
    }
}
