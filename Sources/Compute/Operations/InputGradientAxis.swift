/// The rows (or columns) of a convolution's input that meet the same taps: every stride-th one.
///
/// Pixel p = first + stride·i meets tap k = taps[t] in output i + shift[t], where p + before = stride·output + k.
struct InputGradientAxis {
    /// The first pixel.
    let first: Int
    /// How many there are.
    let count: Int
    /// The taps that they meet, ascending.
    let taps: [Int]
    /// Zeros before the first output, so that every tap of every pixel reads something.
    let before: Int
    /// Outputs with the zeros around them.
    let extent: Int
    /// Where each tap of pixel i lies from place i on.
    let offsets: [Int]

    /// The classes of an axis of `size` pixels and `outputs` outputs, `before` zeros of padding at its beginning.
    static func all(size: Int, outputs: Int, kernel: Int, before: Int, _ stride: Int) -> [InputGradientAxis] {
        (0..<min(stride, size)).map { first in
            let taps = (0..<kernel).filter { (first + before - $0) % stride == 0 }
            let shifts = taps.map { (first + before - $0) / stride }
            let count = (size - first + stride - 1) / stride
            let zeros = max(0, -(shifts.min() ?? 0))
            return InputGradientAxis(
                first: first, count: count, taps: taps, before: zeros,
                extent: zeros + max(outputs, count + (shifts.max() ?? 0)), offsets: shifts.map { $0 + zeros })
        }
    }
}
