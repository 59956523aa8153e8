import Compute
import Core
import Ranks

/// Brings together the sums of lanes that the ranks have computed: each parameter's gradient on the rank that updates it.
extension TrainingRanks {
    /// Adds all ranks' sums. Then the parameters that this rank updates have their gradients, and the others none.
    /// - Parameter sums: this rank's lanes, all of them computed.
    /// - Throws: `RankError`, and `FileError` where sums wait in a file.
    func collect(_ sums: LaneSums, _ model: any TrainableModel) throws {
        guard !isAlone else { return }
        let (parameters, engine) = (model.parameters, model.engine)
        let own = try sums.takeAll()
        let absent = try absentParameters(own, count: parameters.count)
        let exchange = GradientExchange(
            group, lanes: sums.tree.lanes, parameterBytes: parameters.map { $0.parameter.value.byteCount })
        precondition(own.map(\.lanes) == exchange.lanes.subtrees(of: group.rank))
        try exchange.collect(
            { tree, parameter in
                guard let gradient = try own[tree].gradient(parameter, of: parameters) else {
                    preconditionFailure("a gradient that is there")
                }
                return gradient.onHost.heldBytes
            }, absent: absent, adding: Self.add
        ) { index, total in
            let parameter = parameters[index].parameter
            let sum = Tensor(uninitialized: parameter.value.shape)
            sum.heldBytes.bytes.copyMemory(from: UnsafeRawBufferPointer(total))
            parameter.replaceGradient(with: engine.placed(sum))
        }
        try sums.letGo()
    }

    /// The parameters that took no part. They are the same in all lanes, whose passes differ in their items alone.
    private func absentParameters(_ own: [LaneSum], count: Int) throws -> Set<Int> {
        let told = try group.gather(own.flatMap { sum in sum.isThere.map { $0 ? 1 : 0 } })
        var known: [UInt8]?
        for (rank, presences) in told.enumerated() {
            for start in stride(from: 0, to: presences.count, by: count) {
                let presence = Array(presences[start..<min(start + count, presences.count)])
                guard let known, known != presence else {
                    known = presence
                    continue
                }
                throw RankError.different(
                    what: "which parameters have gradients", rank: rank, host: group.hosts[rank],
                    expected: "\(known.count { $0 != 0 }) of them", found: "\(presence.count { $0 != 0 })")
            }
        }
        return Set((known ?? []).indices.filter { known?[$0] == 0 })
    }

    /// One Float32 addition an element.
    private static func add(_ left: UnsafeMutableRawBufferPointer, _ right: UnsafeRawBufferPointer) {
        let (left, right) = (left.assumingMemoryBound(to: Float.self), right.assumingMemoryBound(to: Float.self))
        for index in left.indices { left[index] += right[index] }
    }

    /// Gives the weights that each rank has updated to all the others.
    /// - Throws: `RankError`.
    func spreadWeights(_ model: any TrainableModel) throws {
        guard !isAlone else { return }
        let (parameters, engine) = (model.parameters, model.engine)
        let exchange = GradientExchange(
            group, lanes: 1, parameterBytes: parameters.map { $0.parameter.value.byteCount })
        var coming: [Int: Tensor] = [:]
        try exchange.spread(
            { parameters[$0].parameter.value.onHost.heldBytes },
            into: { index in
                let parameter = parameters[index].parameter
                let place =
                    engine.device.hasOwnMemory
                    ? Tensor(uninitialized: parameter.value.shape) : parameter.valueForUpdate()
                coming[index] = place
                return place.heldBytes
            },
            arrived: { index in
                guard let weights = coming.removeValue(forKey: index), engine.device.hasOwnMemory else { return }
                parameters[index].parameter.replace(with: engine.placed(weights))
            })
    }
}

extension Tensor {
    /// The values in the host's memory, where they must be.
    var heldBytes: HeldBytes {
        HeldBytes(UnsafeMutableRawBufferPointer(start: storage.base + offset, count: byteCount), of: storage)
    }
}
