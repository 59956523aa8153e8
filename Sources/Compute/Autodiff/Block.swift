extension Tape {
    /// Runs `body` as one unit on a tape of its own. With `recomputesBlocks` only the inputs are kept and the body runs
    /// again in the backward pass; without, its tape is kept. Either way the block's contributions to an input are
    /// summed inside the block before they leave it, so the bits are the same.
    package func block(_ inputs: [Variable], _ body: @escaping (Tape, [Variable]) -> Variable) -> Variable {
        guard isRecording else { return body(self, inputs) }
        if recomputesBlocks {
            let quiet = Tape(engine: engine, isRecording: false)
            let value = body(quiet, inputs.map { quiet.constant($0.value) }).value
            // Frozen layers on constants: there is nothing to run again for.
            guard quiet.meetsTrainable || inputs.contains(where: \.isDifferentiable) else { return constant(value) }
            return recordBlock(value, inputs) { [engine] in
                let tape = Tape(engine: engine)
                let leaves = inputs.map { $0.isDifferentiable ? tape.leaf($0.value) : tape.constant($0.value) }
                return (tape, leaves, body(tape, leaves))
            }
        }
        let tape = Tape(engine: engine)
        let leaves = inputs.map { $0.isDifferentiable ? tape.leaf($0.value) : tape.constant($0.value) }
        let output = body(tape, leaves)
        guard output.isDifferentiable else { return constant(output.value) }
        return recordBlock(output.value, inputs) { (tape, leaves, output) }
    }

    private func recordBlock(
        _ value: Tensor, _ inputs: [Variable], _ run: @escaping () -> (Tape, [Variable], Variable)
    ) -> Variable {
        recordAlways(value) { [unowned self, nodes = inputs.map(\.node)] gradient in
            let (tape, leaves, output) = run()
            tape.backward(from: output, seed: gradient)
            for (node, leaf) in zip(nodes, leaves) {
                if let gradient = tape.gradient(of: leaf) { accumulate(gradient, into: node) }
            }
        }
    }
}
