import Compute
import Core

/// A kind of case that another framework computed: what is made again of its inputs. A new kind is a type in `Kinds/` and a
/// line in `ParityKinds.all`.
package protocol ParityKind {
    /// The word that a case names it by, its member `kind`.
    static var kind: String { get }
    /// What the case's `out` file holds, made here, under the names that it has there: Float32, I64 or U8.
    /// - Throws: what is missing or cannot be read, naming the file and the member of the case.
    static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)]
}

/// The kinds of cases that are known.
package enum ParityKinds {
    /// All of them, in the order of help texts.
    package static var all: [any ParityKind.Type] {
        [
            AutoencoderParity.self, TextParity.self, ConditioningParity.self, DecodeParity.self, CropParity.self,
            TensorCropParity.self, PicturesParity.self, ScoreParity.self, SampleParity.self, ControlNetParity.self,
        ]
    }

    /// The kind that `parameters`, the object of a case, names.
    /// - Throws: `JSONShapeError` that lists the kinds which are known.
    static func named(in parameters: JSONCursor) throws -> any ParityKind.Type {
        let name = try parameters["kind"].string()
        if let kind = all.first(where: { $0.kind == name }) { return kind }
        throw try parameters["kind"].error(
            expected: "one of \(all.map { $0.kind }.joined(separator: ", "))", found: "\"\(name)\"")
    }
}
