import Compute
import Testing

/// The reference device and the emulated device `cuda` side by side: what one computes is expected of the other, bit for bit.
final class DevicePair {
    let reference = Engine()
    let cuda: Engine
    /// The device of `cuda`.
    let device: CudaDevice

    init() {
        device = TestedDevice.emulatedCuda()
        cuda = Engine(device: device)
    }

    deinit { reference.stop() }

    /// Computes `body` of `inputs` on both devices. On `cuda` the inputs lie `shift` elements behind an allocation's begin.
    func compare(
        _ inputs: [Tensor], shift: Int = 0, _ name: String = "",
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (Engine, [Tensor]) -> [Tensor]
    ) {
        let expected = body(reference, inputs.map { $0.copy() }).map { $0.floats }
        let shifted = inputs.map { moved($0, shift: shift) }
        let before = device.traffic.toHost
        let found = body(cuda, shifted)
        #expect(device.traffic.toHost == before, "\(name) was computed on the host", sourceLocation: sourceLocation)
        let values = found.map { $0.floats }
        #expect(values.map { $0.count } == expected.map { $0.count }, sourceLocation: sourceLocation)
        for (result, (a, b)) in zip(values, expected).enumerated() {
            guard let place = zip(a, b).map(DevicePair.same).firstIndex(of: false) else { continue }
            Issue.record(
                "\(name), shift \(shift), result \(result): [\(place)] is \(a[place]), expected \(b[place])",
                sourceLocation: sourceLocation)
        }
    }

    /// Payloads of NaN are no part of the contract.
    private static func same(_ a: Float, _ b: Float) -> Bool { a.bitPattern == b.bitPattern || a.isNaN && b.isNaN }

    private func moved(_ tensor: Tensor, shift: Int) -> Tensor {
        let offset = shift * tensor.dtype.byteCount
        let storage = device.allocate(byteCount: offset + tensor.byteCount)
        device.write(tensor.bytes, to: storage, at: offset)
        return Tensor(shape: tensor.shape, dtype: tensor.dtype, storage: storage, offset: offset)
    }
}
