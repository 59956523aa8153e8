import Synchronization

/// What was used last, up to a number of bytes, and beside that values that are larger than half of them: a page of pictures
/// is not given up for the small pages that are read with it. Of large ones one is held for each of two series, the two
/// picture columns of a pair, and never two of the same.
final class RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let bytes: Int
        var used: UInt64
    }
    private struct Large {
        let key: Key
        let value: Value
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        /// Those of `entries`.
        var bytes = 0
        /// That used last comes last.
        var large: [Large] = []
        var clock: UInt64 = 0
    }
    private let limit: Int
    private let series: @Sendable (Key) -> Int
    private let state = Mutex(State())

    /// `series` tells of a key what it is one of, such as the pages of a column.
    init(bytes limit: Int, series: @escaping @Sendable (Key) -> Int = { _ in 0 }) {
        self.limit = limit
        self.series = series
    }

    private func isLarge(_ bytes: Int) -> Bool { bytes > limit / 2 }

    /// Gives up what a large value for `key` takes the place of.
    private func makeRoom(_ state: inout State, for key: Key) {
        state.large.removeAll { series($0.key) == series(key) }
        if state.large.count > 1 { state.large.removeFirst() }
    }

    /// The value for `key`, made where it is not kept; where `expected` bytes are many, room is made before. Threads may make
    /// one twice; it is the same.
    func value(_ key: Key, expected: Int = 0, bytes: (Value) -> Int, make: () throws -> Value) rethrows -> Value {
        let kept = state.withLock { state -> Value? in
            if let index = state.large.firstIndex(where: { $0.key == key }) {
                let large = state.large.remove(at: index)
                state.large.append(large)
                return large.value
            }
            state.clock += 1
            state.entries[key]?.used = state.clock
            let entry = state.entries[key]
            if entry == nil, isLarge(expected) { makeRoom(&state, for: key) }
            return entry?.value
        }
        if let kept { return kept }
        let value = try make()
        let size = bytes(value)
        state.withLock { state in
            if isLarge(size) {
                makeRoom(&state, for: key)
                state.large.append(Large(key: key, value: value))
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
