import Core

/// Named tensors and texts, whatever files they come from: what is compared, digested and listed.
package struct Checkpoint: Sendable {
    /// Where it is, as the caller named it.
    package let path: String
    /// What holds it, in words: "safetensors", "GGUF", "diffusers folder".
    package let container: String
    /// The tensors, in byte order of their names; no two have one name.
    package let tensors: [CheckpointTensor]
    /// What the files say besides: key and value, in byte order of the keys.
    package let metadata: [(key: String, value: String)]
    /// Of a folder every file below it, and what became of it, in byte order of the paths; else empty.
    package let files: [FolderFile]

    /// A checkpoint of tensors and texts in any order.
    /// - Throws: `CheckpointError` (`duplicateName`).
    package init(
        path: String, container: String, tensors: [CheckpointTensor], metadata: [(key: String, value: String)] = [],
        files: [FolderFile] = []
    ) throws {
        self.path = path
        self.container = container
        self.files = files.sorted { utf8Less($0.path, $1.path) }
        self.tensors = tensors.sorted { utf8Less($0.name, $1.name) }
        self.metadata = metadata.sorted { utf8Less($0.key, $1.key) }
        for (left, right) in zip(self.tensors, self.tensors.dropFirst()) where utf8Equal(left.name, right.name) {
            throw CheckpointError(.duplicateName, file: path, tensor: left.name, "two tensors have this name")
        }
    }

    /// The tensor of that name.
    package subscript(name: String) -> CheckpointTensor? {
        NameOrder.place(of: name, count: tensors.count) { tensors[$0].name }.map { tensors[$0] }
    }

    /// The files that can hold weights and were not read: the tensors are not all there is where there are any.
    package var unread: [FolderFile] { files.filter { $0.use == .unread } }

    /// Elements of all tensors.
    package var elementCount: Int { tensors.reduce(0) { $0 + $1.count } }
    /// Bytes of all tensors.
    package var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
}
