import CKernels

extension Engine {
    /// Sum of all elements by rule 4.
    package func sum(_ x: Tensor) -> Float {
        result("sum", [x], []) { .sum(x, to: $0) }.floats[0]
    }

    /// Sum of squares by rule 4.
    package func sumOfSquares(_ x: Tensor) -> Float {
        result("sum of squares", [x], []) { .sumOfSquares(x, to: $0) }.floats[0]
    }

    /// For each sample (first axis): the mean over the other axes of (x − y)², by rule 4, one division.
    package func meanSquaredDistances(_ x: Tensor, _ y: Tensor) -> [Float] { meanSquaredDistances(of: x, y).floats }

    /// The same as a tensor [n], for who does not want to wait for the device yet.
    package func meanSquaredDistances(of x: Tensor, _ y: Tensor) -> Tensor {
        precondition(x.shape == y.shape)
        return result("mean squared distance", [x, y], [x.shape[0]]) { .meanSquaredDistances(x, y, to: $0) }
    }

    /// Sums over the positions of x [n, c, …] by rule 4: [n, c].
    package func planeSums(_ x: Tensor) -> Tensor {
        result("plane sums", [x], [x.shape[0], x.shape[1]]) { .planeSums(x, to: $0) }
    }

    /// As `sum`, of values that the host has.
    package func sum(of values: [Float]) -> Float { onHost("sum", values) { $0.sum($1, $2) } }

    /// As `sumOfSquares`, of values that the host has.
    package func sumOfSquares(of values: [Float]) -> Float {
        onHost("sum of squares", values) { $0.sum_of_squares($1, $2) }
    }

    /// The kernels' sum on the host: numbers cross to a device's memory and back for it nowhere.
    private func onHost(
        _ name: String, _ values: [Float], _ sum: (ck_reduce_table, UnsafePointer<Float>?, Int) -> Float
    ) -> Float {
        begin(name, [Tensor(values, shape: [values.count])])
        let result = values.withUnsafeBufferPointer {
            Tensor([sum(isa.kernels.reduce, $0.baseAddress, $0.count)], shape: [])
        }
        end([result])
        return result.floats[0]
    }

    /// Sums of squares by rule 4, of each tensor by itself. The host waits for the device once.
    package func sumsOfSquares(_ tensors: [Tensor]) -> [Float] {
        guard !tensors.isEmpty else { return [] }
        let sums = tensor([tensors.count])
        for (place, x) in tensors.enumerated() {
            let sum = sums.slice(place..<place + 1).reshaped([])
            begin("sum of squares", [x])
            device.run(.sumOfSquares(x, to: sum))
            end([sum])
        }
        return sums.floats
    }

    /// The first tensor with a NaN or an infinity in it, and flat index and value of the first of them there, or nil. The host
    /// waits for the device once.
    package func firstNonFinite(among tensors: [Tensor]) -> (tensor: Int, index: Int, value: Float)? {
        guard !tensors.isEmpty else { return nil }
        // The index counted from 1; 0 for none.
        let places = tensor([tensors.count], .i64)
        for (place, x) in tensors.enumerated() { device.run(.firstNonFinite(x, to: places.slice(place..<place + 1))) }
        for (place, index) in places.integers.enumerated() where index > 0 {
            let value = tensors[place].reshaped([tensors[place].count]).slice(index - 1..<index).floats[0]
            return (place, index - 1, value)
        }
        return nil
    }

    /// Flat index and value of the first NaN or infinity, or nil.
    package func firstNonFinite(_ x: Tensor) -> (index: Int, value: Float)? {
        firstNonFinite(among: [x]).map { ($0.index, $0.value) }
    }
}
