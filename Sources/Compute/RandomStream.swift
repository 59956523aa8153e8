import CKernels

/// The named streams of random numbers of a run. The raw value is the stream's id in the counter.
package enum StreamName: UInt32, Sendable, CaseIterable {
    /// Order of the data in an epoch.
    case order = 1
    /// Timesteps, one draw a pair.
    case timestep = 2
    /// Gaussian noise of forward noising and of the starting point of sampling.
    case noise = 3
    /// Which captions are emptied.
    case captionDropout = 4
    /// Fresh weights.
    case initialization = 5
    /// Simulated human votes.
    case votes = 6
    /// Which pictures are mirrored.
    case flip = 7
    /// Noise inside a sampler (eta > 0) and of DDIM-InPO; which picture of a pair KTO is shown.
    case sampler = 8
    /// Noise of the samples that pictures' latents are; drawn for a picture by itself, not for a step.
    case latentNoise = 9
    /// Where random crops of pictures begin.
    case crop = 10

    /// Those that the manifest of every run states, whether it draws from them or not. What a run draws from besides stands
    /// in its manifest, too.
    package static let ofEveryRun: [StreamName] = [
        .order, .timestep, .noise, .captionDropout, .initialization, .votes, .flip, .sampler,
    ]

    /// The name in manifests.
    package var name: String { String(describing: self) }
}

/// Counter-based random numbers (rule 10): key = run seed, counter = (element, step, stream). Any element of any step
/// can be made without the ones before it.
package struct RandomStream: Sendable {
    /// The run's seed.
    package let seed: UInt64
    /// Which stream.
    package let name: StreamName
    /// The step, or another index that the stream's user states.
    package let step: UInt32

    /// The stream `name` of a run at `step`.
    package init(seed: UInt64, _ name: StreamName, step: Int) {
        self.seed = seed
        self.name = name
        self.step = UInt32(truncatingIfNeeded: step)
    }

    var key: ck_random_stream { ck_random_stream(seed: seed, stream: name.rawValue, step: step) }
    private static var table: ck_random_table { ck_kernels_for(CK_ISA_BASELINE).pointee.random }

    /// Elements `start…` as integers in [0, bound).
    package func integers(below bound: Int, start: Int = 0, count: Int) -> [Int] {
        var values = [UInt64](repeating: 0, count: count)
        RandomStream.table.below(&values, key, UInt64(bound), UInt64(start), count)
        return values.map(Int.init)
    }

    /// Elements `start…` as uniform values in [0, 1) with 24 bits.
    package func uniforms(start: Int = 0, count: Int) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        RandomStream.table.uniform(&values, key, UInt64(start), count)
        return values
    }

    /// Elements `start…` as standard normals.
    package func normals(start: Int = 0, shape: [Int]) -> Tensor {
        let tensor = Tensor(uninitialized: shape)
        RandomStream.table.normal(tensor.pointer, key, UInt64(start), tensor.count)
        return tensor
    }

    /// Writes elements `start…` as uniform values in [0, 1) with 24 bits over the elements of `target`.
    package func fillUniforms(_ target: UnsafeMutableBufferPointer<Float>, start: Int = 0) {
        RandomStream.table.uniform(target.baseAddress, key, UInt64(start), target.count)
    }

    /// Writes elements `start…` as standard normals over the elements of `target`.
    package func fillNormals(_ target: UnsafeMutableBufferPointer<Float>, start: Int = 0) {
        RandomStream.table.normal(target.baseAddress, key, UInt64(start), target.count)
    }

    /// A permutation of 0..<count (Fisher–Yates, from the last place down).
    package func permutation(count: Int) -> [Int] {
        var order = Array(0..<count)
        var draws = [UInt64](repeating: 0, count: 1)
        for place in stride(from: count - 1, to: 0, by: -1) {
            RandomStream.table.below(&draws, key, UInt64(place + 1), UInt64(place), 1)
            order.swapAt(place, Int(draws[0]))
        }
        return order
    }
}
