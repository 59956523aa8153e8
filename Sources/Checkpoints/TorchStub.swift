extension Checkpoint {
    init(torch file: OpenFile) throws { throw CheckpointError(.container, file: file.path, "not yet") }
    init(gguf file: OpenFile) throws { throw CheckpointError(.container, file: file.path, "not yet") }
}
