/// How the elements of a stream of random numbers are made of its words (NUMERICS.md, section 11).
package enum RandomDistribution: Sendable, CaseIterable {
    /// In [0, 1), with 24 bits.
    case uniform
    /// Standard normal.
    case normal
}

extension Engine {
    /// Elements `start…` of `stream` as standard normals, made where they are used. They are not announced to observers.
    package func normals(_ stream: RandomStream, start: Int = 0, shape: [Int]) -> Tensor {
        drawn(.normal, stream, start: start, shape: shape)
    }

    /// Elements `start…` of `stream`, made where they are used. They are not announced to observers.
    package func drawn(
        _ distribution: RandomDistribution, _ stream: RandomStream, start: Int = 0, shape: [Int]
    ) -> Tensor {
        precondition(start >= 0)
        let y = tensor(shape)
        device.run(.draw(distribution, stream, start: start, to: y))
        return y
    }
}
