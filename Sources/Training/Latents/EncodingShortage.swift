import Pages

/// Making latents takes more memory than the machine has.
package struct EncodingShortage: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bytes that all processes take together.
    package let needed: Int
    /// How many processes.
    package let processes: Int
    /// What there is.
    package let machine: MachineMemory

    /// So many processes that take `needed` bytes on `machine`.
    package init(needed: Int, processes: Int, machine: MachineMemory) {
        (self.needed, self.processes, self.machine) = (needed, processes, machine)
    }

    /// One line: what is needed, what there is, what to do.
    package var description: String {
        "not enough memory: \(processes == 1 ? "making" : "\(processes) processes that make") the latents \(processes == 1 ? "takes" : "take") "
            + "\(MemorySize(needed)), and \(machine.limit) leaves \(MemorySize(machine.available)); "
            + (processes == 1 ? "smaller pictures (data.size) take less" : "fewer processes (--jobs) take less")
    }
}
