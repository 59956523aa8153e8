/// Sees every operator that an engine runs, in order, forward and backward: what goes in before it runs, what came out
/// after. Operators may contain others (attention by products, on OpenBLAS); calls then nest.
///
/// It is called on the thread that trains. Outputs are handed over before anything else reads them.
package protocol OperatorObserver: AnyObject {
    /// `operation` is about to run for the purpose `section`. An operator that adds to a tensor in place has it among
    /// its inputs.
    func willRun(_ operation: String, section: String, _ inputs: [Tensor])
    /// The operator that began last has these results.
    func didRun(_ outputs: [Tensor])
}

extension Engine {
    /// Announces an operator. Nothing is made of the arguments when nobody watches.
    func begin(_ operation: @autoclosure () -> String, _ inputs: @autoclosure () -> [Tensor?]) {
        observer?.willRun(operation(), section: section, inputs().compactMap(\.self))
    }

    /// Announces the results of the operator that began last.
    func end(_ outputs: @autoclosure () -> [Tensor]) { observer?.didRun(outputs()) }

    /// A new tensor of `shape`, the only result of `operation`, announced as an operator named `name`.
    @inline(__always) func result(
        _ name: @autoclosure () -> String, _ inputs: @autoclosure () -> [Tensor?], _ shape: [Int],
        _ operation: (Tensor) -> Operation
    ) -> Tensor {
        begin(name(), inputs())
        let result = tensor(shape)
        device.run(operation(result))
        end([result])
        return result
    }

    /// Runs `body`, which makes one tensor of `inputs` outside the kernels, as an operator named `operation`.
    package func operation(
        _ operation: String, _ inputs: @autoclosure () -> [Tensor], _ body: () throws -> Tensor
    ) rethrows -> Tensor {
        begin(operation, inputs())
        let result = try body()
        end([result])
        return result
    }
}
