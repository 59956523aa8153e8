import Core
import Testing

@testable import Checkpoints

/// Against files that PyTorch 2.15 wrote (`Fixtures/make_torch.py`): names, types, shapes, bytes and texts.
struct TorchFixtureTests {
    func open(_ name: String) throws -> Checkpoint {
        try Checkpoint(torch: OpenFile(path: fixtures + "/" + name))
    }

    @Test(arguments: [
        "torch-types.pt", "torch-views.pt", "torch-training-2.pt", "torch-training-4.pt", "torch-training-5.pt",
        "torch-tensor.pt", "torch-list.pt", "torch-lightning-2.ckpt", "torch-lightning-4.ckpt",
        "torch-lightning-5.ckpt", "torch-old.pt", "torch-old-types.pt", "torch-old-views.pt", "torch-old-4.pt",
        "torch-old-part.pt",
    ])
    func readsWhatPythonWrote(_ name: String) throws {
        let checkpoint = try open(name)
        #expect(checkpoint.container == "PyTorch")
        let expected = JSONCursor(try JSONValue.read(fixtures + "/torch.json"), name: "expected")
        try expectSame(checkpoint, expected[name])
    }

    /// What is in order already stays in the file, whatever PyTorch says of the strides of axes of extent 1.
    @Test func onlyViewsOutOfOrderAreGathered() throws {
        let gathered = try open("torch-views.pt").tensors.filter {
            if case .made = $0.source { true } else { false }
        }
        #expect(
            gathered.map(\.name) == [
                "bytes", "column", "eight", "every second", "expanded", "newer", "overlapping", "permuted", "repeated",
                "transposed", "wide",
            ])
    }

    @Test func theStateDictIsLifted() throws {
        let checkpoint = try open("torch-training-2.pt")
        #expect(checkpoint["0.weight"]?.shape == [2, 3])
        #expect(checkpoint["optimizer.state.0.exp_avg"]?.shape == [2, 3])
        #expect(checkpoint["state_dict.0.weight"] == nil)
    }

    /// A storage without a tensor is its elements in a row.
    @Test func storagesAreTensorsOfOneAxis() throws {
        let checkpoint = try open("torch-storages.pt")
        #expect(checkpoint["0"]?.shape == [3] && checkpoint["0"]?.type.name == "I16")
        #expect(checkpoint["1"]?.shape == [8] && checkpoint["1"]?.type.name == "U8")
        #expect(try checkpoint.tensors.map { try allBytes($0).count } == [6, 8])
    }

    func fault(_ name: String) -> CheckpointError? { checkpointError { _ = try open(name) } }

    @Test func otherFilesOfPyTorchAreNamed() {
        let script = fault("torch-script.pt")
        #expect(script?.kind == .container && script?.problem == "a TorchScript archive, which holds code")
        let quantized = fault("torch-quantized.pt")
        #expect(quantized?.kind == .dtype && quantized?.found == "torch.QInt8Storage")
        let sparse = fault("torch-sparse.pt")
        #expect(sparse?.kind == .code && sparse?.problem == "names code: torch._utils._rebuild_sparse_tensor")
        let conjugated = fault("torch-conjugated.pt")
        #expect(conjugated?.problem == "the tensor is a conjugated or negated view")
    }
}
