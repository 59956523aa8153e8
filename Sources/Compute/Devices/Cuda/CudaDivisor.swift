import CCuda

extension cu_divisor {
    /// What a kernel needs to divide an index by `divisor`, 1 or more.
    package init(_ divisor: Int) {
        precondition(divisor >= 1)
        guard divisor <= 1 << 31 else {
            // Every index below 2³¹ gives 0.
            self.init(divisor: Int64(divisor), multiplier: 0, shift: 31)
            return
        }
        let shift = 31 + Int.bitWidth - (divisor - 1).leadingZeroBitCount
        let multiplier = ((1 << shift) - 1) / divisor + 1
        self.init(divisor: Int64(divisor), multiplier: UInt32(multiplier), shift: UInt32(shift))
    }
}
