import Checkpoints
import Compute
import Core
import Ledger

/// The gradients of a step's lanes, each summed from +0 and added to its neighbours as soon as the tree allows
/// (NUMERICS.md, section 9): what waits are at most ⌊log₂ lanes⌋ sums.
///
/// Lanes are computed in order, all of them or a run of some: what is then left are the sums of the fewest subtrees that the
/// run consists of, for who has the others.
package final class LaneSums {
    /// The lanes of the step.
    package let tree: LaneTree
    /// The sums that wait, in the order of their lanes. None where all lanes are added: their sum is then the gradient of the
    /// parameters.
    package private(set) var sums: [LaneSum] = []
    /// Whether the sum of all lanes is the gradient of the parameters.
    private var isWhole = false
    private let parameters: [(name: String, parameter: Parameter)]
    private let engine: Engine
    private let scratch: LaneScratch?

    /// No lanes yet of `model`, whose parameters have no gradients; sums wait in `scratch`, or in memory.
    package init(_ tree: LaneTree, _ model: any TrainableModel, scratch: LaneScratch? = nil) {
        (self.tree, parameters, engine, self.scratch) = (tree, model.parameters, model.engine, scratch)
    }

    /// Computes the lane `lane` by `passes`, which add its items' gradients to the parameters; those have none at the
    /// beginning, and, unless it was the last of all, none at the end. With several lanes the observer is shown its root.
    /// - Throws: what `passes` and the observer throw, and `FileError` of a scratch file.
    package func add(_ lane: Int, _ observer: (any StepObserver)?, _ passes: () throws -> Void) throws {
        precondition(sums.last.map { $0.lanes.upperBound == lane } ?? true, "lanes are computed in order")
        try passes()
        guard tree.lanes > 1 else {
            isWhole = true
            return
        }
        if let observer {
            let root = try weightsDigest(
                of: parameters.compactMap { entry in entry.parameter.gradient.map { (entry.name, $0) } }, on: engine)
            try observer.observe(Entries.Gradient.lanes[LaneName(lane + 1)], root)
        }
        try settle(lane..<lane + 1)
    }

    /// Adds a sum that somebody else has computed, of the lanes that come next.
    /// - Throws: `FileError` of a scratch file.
    package func add(_ sum: LaneSum) throws {
        precondition(sums.last.map { $0.lanes.upperBound == sum.lanes.lowerBound } ?? true, "lanes are added in order")
        try sum.eachGradient(of: parameters) { index, gradient in
            if let gradient { parameters[index].parameter.replaceGradient(with: engine.owned(gradient)) }
        }
        try settle(sum.lanes)
    }

    /// Takes the sums, for who has those of the other lanes. The parameters have no gradients then.
    /// - Throws: `FileError` of a scratch file.
    func takeAll() throws -> [LaneSum] {
        if isWhole {
            sums = [try taken(tree.all)]
            isWhole = false
        }
        defer { sums = [] }
        return sums
    }

    /// Nobody needs what was taken any more.
    /// - Throws: `FileError` of a scratch file.
    func letGo() throws { try scratch?.cut(at: 0) }

    /// The parameters have the sum of `lanes`: adds what waits for it, and lets it wait in turn.
    private func settle(_ lanes: Range<Int>) throws {
        engine.section = "gradient"
        var lanes = lanes
        while let left = sums.last, tree.split(left.lanes.lowerBound..<lanes.upperBound) == lanes.lowerBound {
            try left.eachGradient(of: parameters) { index, gradient in
                guard let gradient else { return }
                let parameter = parameters[index].parameter
                if let right = parameter.gradient {
                    engine.addInPlace(engine.placed(gradient), to: right)
                } else {
                    parameter.replaceGradient(with: engine.owned(gradient))
                }
            }
            if case .file(let scratch, let start, _) = left.place { try scratch.cut(at: start) }
            sums.removeLast()
            lanes = left.lanes.lowerBound..<lanes.upperBound
        }
        isWhole = lanes == tree.all
        if !isWhole { sums.append(try taken(lanes)) }
    }

    /// Takes the gradients from the parameters.
    private func taken(_ lanes: Range<Int>) throws -> LaneSum {
        defer { for (_, parameter) in parameters { parameter.clearGradient() } }
        let gradients = parameters.map(\.parameter.gradient)
        guard let scratch else { return LaneSum(lanes: lanes, place: .memory(gradients)) }
        let start = scratch.end
        for gradient in gradients { if let gradient { try scratch.append(gradient) } }
        return LaneSum(lanes: lanes, place: .file(scratch, start: start, isThere: gradients.map { $0 != nil }))
    }
}
