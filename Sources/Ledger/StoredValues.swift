import Core

/// The values that are stored of one step. Each object is read once and in blocks, however large it is, and held against its
/// own digest and against those of the step's tensors on the way.
package struct StoredValues {
    /// The step's record, with the digests of its tensors.
    package let step: StepTrace
    /// Where they are.
    package let places: [StoredTensor]
    private let run: String, ledger: String

    /// Those of a step of `run`; `ledger` is the path of the ledger that says so.
    package init(of run: String, _ step: StepTrace, _ places: [StoredTensor], ledger: String) {
        (self.run, self.step, self.places, self.ledger) = (run, step, places, ledger)
    }

    /// The objects that hold them.
    package var objects: Set<Digest> { Set(places.map(\.object)) }

    /// Checks that each is a tensor of the step, without reading any. - Throws: `TamperError`.
    func requireNames() throws {
        for place in places { _ = try expected(of: place) }
    }

    /// Reads and checks all. `take` is handed their bytes: the place's index, the offset in the tensor, some bytes; what it was
    /// handed counts only when this has ended well.
    /// - Throws: `MissingObject`, `FileError`, `TamperError` when bytes or their places are others than the record says.
    package func read(
        from store: ObjectStore, take: (Int, Int, UnsafeRawBufferPointer) -> Void = { _, _, _ in }
    ) throws {
        try requireNames()
        var done: Set<Digest> = []
        for object in places.map(\.object) where done.insert(object).inserted {
            try read(object, places.indices.filter { places[$0].object == object }, store, take)
        }
    }

    private func read(
        _ object: Digest, _ own: [Int], _ store: ObjectStore, _ take: (Int, Int, UnsafeRawBufferPointer) -> Void
    ) throws {
        let digests = Dictionary(
            uniqueKeysWithValues: own.map { index in
                let place = places[index]
                return (
                    index,
                    TensorDigestStream(
                        name: place.name, dtype: place.dtype, shape: place.shape, byteCount: place.count)
                )
            })
        // Spans may overlap, and need not lie in the order of the names.
        var waiting = own.filter { places[$0].offset >= 0 && places[$0].count > 0 }
            .sorted { (places[$0].offset, $0) > (places[$1].offset, $1) }
        var open: [Int] = []
        var size = 0
        try store.read(object) { block in
            let end = size + block.count
            while let next = waiting.last, places[next].offset < end { open.append(waiting.removeLast()) }
            open.removeAll { index in
                let place = places[index]
                let first = max(place.offset, size)
                // The end of a span that a ledger states may lie beyond all numbers.
                let count = min(place.count - (first - place.offset), end - first)
                let bytes = UnsafeRawBufferPointer(rebasing: block[(first - size)..<(first - size + count)])
                digests[index]?.update(bytes)
                take(index, first - place.offset, bytes)
                return first - place.offset + count == place.count
            }
            size = end
        }
        for index in own {
            let place = places[index]
            guard place.offset >= 0, place.count >= 0, place.offset <= size, place.count <= size - place.offset else {
                throw tampered(
                    place, "a span of the object's \(size) bytes", "\(place.count) bytes at \(place.offset)")
            }
            let expected = try expected(of: place)
            guard let found = digests[index]?.finalize(), found != expected else { continue }
            throw tampered(place, expected.hex, found.hex)
        }
    }

    private func expected(of place: StoredTensor) throws -> Digest {
        guard let digest = step.digest(of: place.name, in: place.phase) else {
            throw tampered(place, "a tensor of that name in the step", "none")
        }
        return digest
    }

    private func tampered(_ place: StoredTensor, _ expected: String, _ found: String) -> TamperError {
        TamperError(
            file: ledger, run: run, step: step.record.step,
            field: "\(StoredTensor.table) (\(place.phase.rawValue), \(place.name))", expected: expected, found: found)
    }
}
