import Core

/// The captions of pairs, each once, in the order of their first use after the empty one: the rows of text states.
package struct LatentSetCaptions: Sendable {
    /// The captions by their places.
    package let texts: [String]
    /// Looked up only, never walked. By bytes: spellings that Swift calls equal are different tokens.
    private let places: [[UInt8]: Int]

    /// The captions of `dataset`.
    package init(_ dataset: any PreferenceDataset) {
        var texts = [""]
        var places: [[UInt8]: Int] = [[]: LatentSet.emptyCaption]
        for index in 0..<dataset.count {
            let caption = dataset.item(at: index).caption
            guard places[Array(caption.utf8)] == nil else { continue }
            places[Array(caption.utf8)] = texts.count
            texts.append(caption)
        }
        self.texts = texts
        self.places = places
    }

    /// The place of a caption of the pairs.
    package func place(of caption: String) -> Int {
        guard let place = places[Array(caption.utf8)] else { preconditionFailure("a caption of the pairs") }
        return place
    }
}
