import Synchronization

/// What was made last, up to a number of bytes; the one that was made last of all stays, however large it is.
final class RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let bytes: Int
        var used: UInt64
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var clock: UInt64 = 0
    }
    private let limit: Int
    private let state = Mutex(State())

    init(bytes limit: Int) { self.limit = limit }

    /// The value for `key`, made where it is not kept. Threads may make one twice; it is the same.
    func value(_ key: Key, bytes: (Value) -> Int, make: () throws -> Value) rethrows -> Value {
        let kept = state.withLock { state -> Value? in
            state.clock += 1
            state.entries[key]?.used = state.clock
            return state.entries[key]?.value
        }
        if let kept { return kept }
        let value = try make()
        let size = bytes(value)
        state.withLock { state in
            state.clock += 1
            if let old = state.entries.updateValue(
                Entry(value: value, bytes: size, used: state.clock), forKey: key)
            {
                state.bytes -= old.bytes
            }
            state.bytes += size
            while state.bytes > limit, state.entries.count > 1,
                let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
            {
                state.entries[oldest.key] = nil
                state.bytes -= oldest.value.bytes
            }
        }
        return value
    }
}
