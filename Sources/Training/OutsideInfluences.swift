import Compute
import Core

extension Engine {
    /// What the bits depend on besides the contract, as a manifest's inputs hold it: nothing on the reference backend.
    var outsideInfluences: JSONObject {
        switch backend {
        case .reference: JSONObject()
        case .openblas:
            [
                "openblas": [
                    "version": .string(OpenBLAS.version), "core": .string(OpenBLAS.core),
                    "threads": .integer(pool.workers), "threading": .string(OpenBLAS.threading),
                    "config": .string(OpenBLAS.config),
                ]
            ]
        }
    }
}
