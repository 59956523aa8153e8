import CKernels

/// Rule 1 of the contract: round to nearest even, subnormals kept.
package enum FloatEnvironment {
    /// A float environment in which the contract does not hold.
    package struct Unsuitable: Error, CustomStringConvertible {
        /// What is set that must not be.
        package let found: String
        /// The message.
        package var description: String {
            "the floating-point environment is not the default one: \(found); "
                + "expected round-to-nearest-even with subnormals kept (no FTZ, no DAZ)"
        }
    }

    /// Throws `Unsuitable` unless the calling thread's floating-point environment is the default one.
    package static func check() throws {
        let state = ck_float_environment()
        var found: [String] = []
        if state & 1 != 0 { found.append("rounding is not to nearest even") }
        if state & 2 != 0 { found.append("FTZ (flush to zero) is on") }
        if state & 4 != 0 { found.append("DAZ (denormals are zero) is on") }
        if !found.isEmpty { throw Unsuitable(found: found.joined(separator: ", ")) }
    }
}
