import Compute
import Core

/// A named part of a model: a network, a vocabulary, a schedule. A pipeline opens, checks, digests and writes its parts
/// through this alone; a new kind of part is a type that has it and a line in `PipelineLayout`.
package protocol Component: Sendable {
    /// The classes of diffusers and transformers that are such a part, as their files name them, in Python.
    static var classNames: [String] { get }
    /// All parameters in the byte order of their names; none of a part without weights.
    var parameters: [Parameter] { get }
    /// What a training of this part changes, in the byte order of the names.
    var trainedParameters: [Parameter] { get }
    /// What the parameters are drawn by, in the order of drawing.
    var requests: [ParameterRequest] { get }
    /// How many parameters there are, in the parts that are told apart; of a component of the kind `kind`.
    func parameterCounts(_ kind: ComponentKind) -> [ParameterCount]

    /// What stands for all but the weights, by the names that manifests give it below `model/`.
    /// - Parameter folder: the part's folder below the model's; empty where it lies in the model's own.
    func configurationDigests(_ folder: String) -> [String: Digest]
    /// What stands for the weights, likewise; nil of a part without any.
    func weightsDigest(_ folder: String) throws -> (name: String, digest: Digest)?
    /// Writes all but the weights; every file is replaced whole. `dtype` is that of the weights that will lie there.
    func writeConfiguration(into writer: FolderWriter, _ folder: String, storing dtype: DType) throws
    /// Writes the weights as they are now.
    func writeWeights(into writer: FolderWriter, _ folder: String) throws
    /// The file that the weights are written to, below the model's folder; nil of a part without any.
    func weightsFile(_ folder: String) -> String?
    /// Throws `ConfigError` where this part, called `name`, does not fit the others of `pipeline`.
    func requireFit(as name: String, in pipeline: Pipeline) throws
}

/// How many parameters a component has, or a part of one.
package struct ParameterCount: Sendable, Equatable {
    /// Its name in JSON: `text_encoder`.
    package let name: String
    /// Its name for people: `text encoder`.
    package let title: String
    /// Numbers.
    package let count: Int

    init(name: String, title: String, _ parameters: some Sequence<Parameter>) {
        (self.name, self.title) = (name, title)
        count = parameters.reduce(0) { $0 + $1.value.count }
    }
}

extension Component {
    package var parameters: [Parameter] { [] }
    package var trainedParameters: [Parameter] { parameters }
    package var requests: [ParameterRequest] { [] }
    package func parameterCounts(_ kind: ComponentKind) -> [ParameterCount] {
        parameters.isEmpty ? [] : [ParameterCount(name: kind.name, title: kind.title, parameters)]
    }
    package func weightsDigest(_ folder: String) throws -> (name: String, digest: Digest)? { nil }
    package func writeWeights(into writer: FolderWriter, _ folder: String) throws {}
    package func weightsFile(_ folder: String) -> String? { nil }
    package func requireFit(as name: String, in pipeline: Pipeline) throws {}
}
