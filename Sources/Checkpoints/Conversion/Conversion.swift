import Compute
import Core

/// A checkpoint written in another layout or container, tensor by tensor, and held against what it was made from.
package struct Conversion {
    /// The digest of the weights of a part before and after.
    package struct Proof: Sendable, Equatable {
        /// The part of the model; empty of a checkpoint whose names stay.
        package let part: String
        /// Of the source, in the element types that are written.
        package let before: Digest
        /// Of what was written, read again.
        package let after: Digest
    }

    /// What is written.
    package let plan: ConversionPlan
    /// Asked before each tensor is written or read again; may throw to stop, and nothing is left then.
    private let proceed: () throws -> Void

    /// A conversion.
    package init(_ plan: ConversionPlan, proceed: @escaping () throws -> Void = {}) {
        (self.plan, self.proceed) = (plan, proceed)
    }

    /// Writes and reads again. Nothing is in the place of `output` before everything is written and has been compared.
    /// - Throws: `CheckpointError` (`invalidInput` where what was written has another digest), `FileError`.
    package func run(to output: String) throws -> [Proof] {
        let staged = try StagedOutput(output, isFolder: plan.isFolder)
        do {
            try write(to: staged.path)
            let proofs = try self.proofs(Checkpoint(opening: staged.path))
            if let wrong = proofs.first(where: { $0.before != $0.after }) {
                throw CheckpointError(
                    .invalidInput, file: output,
                    "\(wrong.part) has another digest than what it was made from; nothing was left",
                    expected: wrong.before.hex, found: wrong.after.hex, hint: "the disk, or a mistake in this program")
            }
            try staged.commit()
            return proofs
        } catch {
            staged.discard()
            throw error
        }
    }

    private func write(to staged: String) throws {
        for file in plan.files {
            let path = plan.isFolder ? "\(staged)/\(file.path)" : staged
            try FileContents.makeFolder(AtomicFile.folder(of: path))
            try Safetensors.write(
                file.tensors.map { ($0.tensor.name, $0.dtype, $0.tensor.shape) }, metadata: file.metadata, to: path
            ) {
                try proceed()
                return try file.tensors[$0].made(file: plan.source)
            }
        }
        for text in plan.texts {
            let path = "\(staged)/\(text.path)"
            try FileContents.makeFolder(AtomicFile.folder(of: path))
            try AtomicFile.write(text.bytes, to: path)
        }
    }

    /// The digests of both, in the common form where a part's names are known.
    private func proofs(_ written: Checkpoint) throws -> [Proof] {
        guard plan.layout != .same else {
            return [
                Proof(
                    part: "", before: try digest(plan.tensors, plan.source),
                    after: try digest(
                        written.tensors.map { try ConvertedTensor($0, as: nil, file: written.path) }, written.path))
            ]
        }
        let read = try ModelContents(written)
        return try plan.contents.components.map { part in
            func digest(_ contents: ModelContents, _ tensors: [ModelTensor], _ wish: DType?) throws -> Digest {
                try self.digest(
                    tensors.map { try ConvertedTensor($0.tensor, as: wish, file: contents.file) }, contents.file)
            }
            let own = read.components.count == 1 && plan.contents.components.count == 1 ? read.components[0] : part
            return Proof(
                part: part,
                before: try digest(plan.contents, plan.contents.tensors.filter { $0.component == part }, plan.dtype),
                after: try digest(read, read.tensors.filter { $0.component == own }, nil))
        }
    }

    /// The weights' digest, with one tensor in memory at a time.
    private func digest(_ tensors: [ConvertedTensor], _ file: String) throws -> Digest {
        try WeightsDigest.root(
            tensors.map {
                try proceed()
                return ($0.tensor.name, try $0.made(file: file).digest(named: $0.tensor.name))
            })
    }
}
