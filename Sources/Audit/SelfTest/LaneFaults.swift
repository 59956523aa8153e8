import Core
import Training

/// Faults of the lanes that a step's gradients are summed in.
extension Fault {
    /// The first lane takes the first item of the second.
    static func neighbouringLane(_ step: Int) -> Fault {
        lanes(step, atLeast: 2, "sums its gradients in one lane") { lanes in
            LaneTree(lanes: lanes, shift: { $0 == 1 ? 1 : 0 }, place: { $0 })
        }
    }

    /// The first two lanes change places.
    static func swappedLanes(_ step: Int) -> Fault {
        lanes(step, atLeast: 2, "sums its gradients in one lane") { lanes in
            LaneTree(lanes: lanes, place: { $0 < 2 ? 1 - $0 : $0 })
        }
    }

    /// The lanes are added one after the other.
    static func ascendingLanes(_ step: Int) -> Fault {
        lanes(step, atLeast: 4, "sums its gradients in fewer than four lanes, whose tree is the ascending order") {
            lanes in
            LaneTree(lanes: lanes, splitting: { $0 - 1 }, place: { $0 })
        }
    }

    /// The step's lanes are those of another tree, and after it their own again.
    private static func lanes(
        _ step: Int, atLeast least: Int, _ reason: String, _ change: @escaping (Int) -> LaneTree
    ) -> Fault {
        Fault(step: step) { (session: TrainingSession) in
            let own = session.recipe.training.lanes
            guard own >= least else { throw Impossible(reason: "it \(reason)") }
            switch session.trainer.task {
            case .denoising(let denoising): denoising.lanes = change(own)
            case .scoring(let scoring): scoring.lanes = change(own)
            }
        }
    }
}
