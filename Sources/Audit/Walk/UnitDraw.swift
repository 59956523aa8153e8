import Core

/// The units of a run that an audit by drawing looks at: whole steps, and lanes of steps.
package struct UnitDraw: Sendable, Equatable {
    /// A lane of a step, both from 1.
    package struct Lane: Sendable, Equatable {
        package let step: Int, lane: Int
    }

    /// The units that there are: steps, and lanes of each.
    package let stepCount: Int, laneCount: Int
    /// The drawn steps, in order.
    package let steps: [Int]
    /// The drawn lanes, in order.
    package let lanes: [Lane]

    /// The units to compute, in order: a drawn step whole, and the drawn lanes of the other steps.
    package var units: [DrawnUnit] {
        let whole = Set(steps)
        let single = lanes.filter { !whole.contains($0.step) }.map { DrawnUnit(step: $0.step, lane: $0.lane) }
        return (steps.map { DrawnUnit(step: $0) } + single).sorted()
    }

    /// Draws `steps` different steps and `lanes` different lanes, or all where there are fewer, by the text `seed`, either by
    /// itself.
    package init(steps: Int, lanes: Int, ofSteps stepCount: Int, lanesEach laneCount: Int, seed: String) {
        (self.stepCount, self.laneCount) = (stepCount, laneCount)
        self.steps = SegmentPlan.draw(steps, of: stepCount, seed: .of(.document, "\(seed) steps")).map { $0 + 1 }
        self.lanes = SegmentPlan.draw(lanes, of: stepCount * laneCount, seed: .of(.document, "\(seed) lanes")).map {
            Lane(step: $0 / laneCount + 1, lane: $0 % laneCount + 1)
        }
    }
}
