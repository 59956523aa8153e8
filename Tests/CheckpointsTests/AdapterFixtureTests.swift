import Core
import Testing

@testable import Checkpoints

/// Merged weights against those of PEFT, from files that PEFT and diffusers wrote (`Fixtures/make_adapters.py`).
@Suite struct AdapterFixtureTests {
    private static let folder = fixtures + "/adapters"

    private func open(_ name: String) throws -> Checkpoint { try Checkpoint(opening: "\(Self.folder)/\(name)") }

    private func merged(_ name: String) throws -> Checkpoint {
        let side = try open(name)
        return try AdapterComparison.sides(side, side, on: try open("base.safetensors")).left
    }

    /// PEFT computes in Float32: a product of two ranks and a sum are off by a few roundings of the largest number, its
    /// decompositions by some more.
    private func expectSame(_ found: Checkpoint, _ expected: Checkpoint, within bound: Double, _ name: String) throws {
        #expect(found.tensors.map(\.name) == expected.tensors.map(\.name), "\(name)")
        for tensor in expected.tensors {
            let other = try #require(found[tensor.name])
            #expect(other.shape == tensor.shape, "\(name): \(tensor.name)")
            let (a, b) = (try LowRankAdapter.doubles(other, ""), try LowRankAdapter.doubles(tensor, ""))
            let size = b.map(\.magnitude).max() ?? 0
            let apart = zip(a, b).map { ($0 - $1).magnitude }.max() ?? 0
            #expect(apart <= bound * size, "\(name): \(tensor.name) by \(apart / size)")
        }
    }

    @Test(arguments: [
        "plain/adapter_model.safetensors", "pickle/adapter_model.bin", "rslora/adapter_model.safetensors",
        "patterns/adapter_model.safetensors", "layers/adapter_model.safetensors", "conv1d/adapter_model.safetensors",
        "mixed/adapter_model.safetensors", "saved/adapter_model.safetensors", "bias/adapter_model.safetensors",
        "gaussian/adapter_model.safetensors", "dora/adapter_model.safetensors", "dora-conv1d/adapter_model.safetensors",
    ]) func mergesAsPEFTDoes(file: String) throws {
        let (found, expected) = (
            try merged(file), try open("\(file.prefix { $0 != "/" })/merged.safetensors")
        )
        try expectSame(found, expected, within: 3e-7, file)
        // And the base alone is far away.
        let base = try open("base.safetensors")
        let moved = try base.tensors.contains { tensor in
            try zip(LowRankAdapter.doubles(tensor, ""), LowRankAdapter.doubles(expected[tensor.name]!, ""))
                .contains { ($0 - $1).magnitude > 1e-3 }
        }
        #expect(moved, "\(file)")
    }

    /// Adapters that began as a part of the base, which PEFT takes from it again when it loads them.
    @Test(arguments: ["pissa", "olora"]) func theBaseIsChangedAsPEFTDoes(name: String) throws {
        let expected = try open("\(name)/merged.safetensors")
        try expectSame(try merged("\(name)/adapter_model.safetensors"), expected, within: 3e-6, name)
    }

    /// The same adapter by PEFT, in diffusers' header, in the names of attention processors, and in kohya's.
    @Test(arguments: [
        ("header/pytorch_lora_weights.safetensors", "patterns"),
        ("processors/pytorch_lora_weights.safetensors", "plain"),
        ("kohya/kohya.safetensors", "plain"),
    ]) func otherProgramsNames(file: String, same: String) throws {
        try expectSame(try merged(file), try open("\(same)/merged.safetensors"), within: 3e-7, file)
    }

    @Test(arguments: [
        ("loha", "peft_type is not understood"),
        ("lokr", "peft_type is not understood"), ("ia3", "peft_type is not understood"),
        ("oft", "peft_type is not understood"),
        ("all-biases", "not a part of a LoRA adapter that is understood"),
    ]) func otherKindsAreRefusedByName(name: String, problem: String) throws {
        for base in [nil, try open("base.safetensors")] {
            let side = try open("\(name)/adapter_model.safetensors")
            let error = try #require(throws: CheckpointError.self) { try AdapterComparison.sides(side, side, on: base) }
            #expect(error.problem.contains(problem), "\(error)")
        }
    }
}
