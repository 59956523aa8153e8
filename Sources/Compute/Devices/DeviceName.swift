/// A device as people name it: `cpu`, `cuda`, `cuda:1`.
package enum DeviceName: Sendable, Hashable, CustomStringConvertible {
    /// The host's processor.
    case cpu
    /// NVIDIA's device of this number.
    case cuda(Int)

    /// Reads a name; nil for what is none.
    package init?(_ text: String) {
        if text == "cpu" {
            self = .cpu
        } else if text == "cuda" {
            self = .cuda(0)
        } else if text.hasPrefix("cuda:"), let index = Int(text.dropFirst(5)), index >= 0,
            "\(index)" == text.dropFirst(5)
        {
            self = .cuda(index)
        } else {
            return nil
        }
    }

    /// The name.
    package var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }
}
