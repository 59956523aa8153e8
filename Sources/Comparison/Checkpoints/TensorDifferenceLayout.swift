import Checkpoints

extension TensorDifference {
    /// The same of a pair of two layouts: with both names, each side's own shape, and places in the stored tensors instead of
    /// in the form that was compared.
    func inTwoLayouts(_ pair: LayoutPairing.Pair) -> TensorDifference {
        func own(_ tensor: ModelTensor) -> Side {
            // Of a joined tensor the part.
            if case .rows = tensor.transform { return Side(tensor.tensor) }
            return Side(tensor.stored)
        }
        var measures = measures
        func place(_ index: Int, _ tensor: ModelTensor) -> Int {
            tensor.transform.storedIndex(index, common: tensor.tensor.shape)
        }
        let ulp = measures.map { place($0.maxULP.index, pair.right) }
        let absolute = measures.map { place($0.maxAbsolute.index, pair.right) }
        if let found = measures {
            measures?.moveWorst(
                ulp: place(found.maxULP.index, pair.left), absolute: place(found.maxAbsolute.index, pair.left))
        }
        return TensorDifference(
            name: name, left: own(pair.left), right: own(pair.right),
            counterpart: Counterpart(name: pair.right.storedName, ulpIndex: ulp, absoluteIndex: absolute),
            verdict: verdict, measures: measures, passes: passes, notes: notes)
    }
}
