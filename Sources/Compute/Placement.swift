/// How values come to where the device computes: the doors through which a model, a batch and what the host has computed pass.
/// On a device of the host nothing is copied.
extension Engine {
    /// `tensor` where the device computes with it: itself, or a copy in the device's own memory.
    package func placed(_ tensor: Tensor) -> Tensor { device.placed(tensor) }

    /// A copy of `tensor` that nobody else looks at, where the device computes with it.
    package func owned(_ tensor: Tensor) -> Tensor {
        device.holds(tensor) ? tensor.copy() : placed(tensor)
    }

    /// A new Float32 tensor on the device with the given values in row-major order.
    package func tensor(_ values: [Float], shape: [Int]) -> Tensor { placed(Tensor(values, shape: shape)) }

    /// Copies values, wherever they lie, into a tensor of the device.
    func copy(_ source: Tensor, to target: Tensor) {
        if device.hasOwnMemory, case .host = source.storage.residence {
            source.withBytes { device.write($0, to: target.storage, at: target.offset) }
        } else {
            device.run(.copy(source, to: target))
        }
    }

    /// Brings parameters to the device, if they are not there: whoever computes with a network on an engine says so first.
    /// Those that share their values go on to share them.
    package func place(_ parameters: some Sequence<Parameter>) {
        // Addresses stand for values only as long as these are there.
        var moved: [SharedPlace: (old: Tensor, new: Tensor)] = [:]
        for parameter in parameters {
            let old = parameter.value
            if device.holds(old) { continue }
            let place = SharedPlace(address: old.address, shape: old.shape)
            let new = moved[place]?.new ?? placed(old)
            moved[place] = (old, new)
            parameter.replace(with: new)
            if let gradient = parameter.gradient { parameter.replaceGradient(with: placed(gradient)) }
        }
    }
}

private struct SharedPlace: Hashable {
    let address: UInt, shape: [Int]
}
