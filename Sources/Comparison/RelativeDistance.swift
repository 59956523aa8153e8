import Compute

/// Distances of tensors relative to their size.
package enum RelativeDistance {
    /// ‖found − recorded‖ / max(‖recorded‖, `scale`) (L2) of Float32 tensors, summed up in Float64 in the elements'
    /// order. 0 only where all elements are equal numbers; infinite for other shapes, for NaN and infinite elements on
    /// either side, and where the divisor is 0 and the tensors differ.
    package static func l2(_ found: Tensor, from recorded: Tensor, scale: Double = 0) -> Double {
        guard found.shape == recorded.shape else { return .infinity }
        let (found, recorded) = (found.onHost, recorded.onHost)
        defer { withExtendedLifetime((found.storage, recorded.storage)) {} }
        let (a, b) = (found.hostValues, recorded.hostValues)
        var (difference, size) = (0.0, 0.0)
        for index in 0..<found.count {
            let (x, y) = (Double(a[index]), Double(b[index]))
            difference += (x - y) * (x - y)
            size += y * y
        }
        // Squares of Float32 values do not overflow: what is not finite was not in the beginning.
        guard difference.isFinite, size.isFinite, scale.isFinite else { return .infinity }
        return difference == 0 ? 0 : difference.squareRoot() / max(size.squareRoot(), scale)
    }

    /// √Σ‖x‖² of Float32 tensors, in Float64.
    package static func norm(_ tensors: [Tensor]) -> Double {
        var sum = 0.0
        for tensor in tensors {
            let tensor = tensor.onHost
            defer { withExtendedLifetime(tensor.storage) {} }
            let values = tensor.hostValues
            for index in values.indices { sum += Double(values[index]) * Double(values[index]) }
        }
        return sum.squareRoot()
    }
}
