/// Captions of which each is there once, by the bytes of their UTF-8.
struct DistinctCaptions {
    /// The captions, in the order in which they come first.
    private(set) var texts: [String] = []
    /// The place in `texts` of each caption that was given.
    private(set) var places: [Int] = []

    init(_ captions: [String]) {
        var known: [[UInt8]: Int] = [:]
        for caption in captions {
            let bytes = Array(caption.utf8)
            if let place = known[bytes] {
                places.append(place)
            } else {
                known[bytes] = texts.count
                places.append(texts.count)
                texts.append(caption)
            }
        }
    }
}
