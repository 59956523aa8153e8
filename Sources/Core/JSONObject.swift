/// The members of a JSON object, always in UTF-8 byte order of their keys: iteration is deterministic.
package struct JSONObject: Sendable, Equatable, Sequence, ExpressibleByDictionaryLiteral {
    /// One member.
    package typealias Member = (key: String, value: JSONValue)

    /// The members in byte order of their keys; no key occurs twice.
    package private(set) var members: [Member]

    /// An object without members.
    package init() { members = [] }

    /// An object of members in any order; of two equal keys the later one counts.
    package init(_ members: [(String, JSONValue)]) {
        self.members = []
        self.members.reserveCapacity(members.count)
        for (key, value) in members { self[key] = value }
    }

    /// An object of members in any order; of two equal keys the later one counts.
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// Takes members that are sorted and distinct already.
    init(sorted members: [Member]) { self.members = members }

    /// The number of members.
    package var count: Int { members.count }

    /// The keys in byte order.
    package var keys: [String] { members.map(\.key) }

    /// The value of a key; setting `nil` removes the member.
    package subscript(key: String) -> JSONValue? {
        get {
            let place = place(of: key)
            return place.found ? members[place.index].value : nil
        }
        set {
            let place = place(of: key)
            switch (newValue, place.found) {
            case (let value?, true): members[place.index].value = value
            case (let value?, false): members.insert((key, value), at: place.index)
            case (nil, true): members.remove(at: place.index)
            case (nil, false): break
            }
        }
    }

    /// The members in byte order of their keys.
    package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }

    /// Equality of the canonical forms.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { utf8Equal($0.key, $1.key) && $0.value == $1.value }
    }

    private func place(of key: String) -> (index: Int, found: Bool) {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if utf8Less(members[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && utf8Equal(members[low].key, key))
    }
}
