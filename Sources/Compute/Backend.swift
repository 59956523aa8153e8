/// What computes the matrix products. The raw value is the name in recipes and manifests.
package enum Backend: String, Sendable, CaseIterable {
    /// The kernels of the numerics contract: the same bits everywhere. Everything that is golden or audited.
    case reference
    /// OpenBLAS, with every other operation on the reference kernels: a second opinion. Its bits depend on the
    /// library's version, on the kernels that it chooses for the CPU and on its threads.
    case openblas

    /// The host's device whose products this backend computes.
    func device(_ reference: ReferenceDevice) -> any Device {
        switch self {
        case .reference: reference
        case .openblas: OpenBLASDevice(others: reference)
        }
    }
}
