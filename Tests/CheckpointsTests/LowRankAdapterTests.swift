import Compute
import Core
import Testing

@testable import Checkpoints

/// What adapters add up to, and what is refused; `AdapterFixtureTests` holds it against PEFT.
@Suite struct LowRankAdapterTests {
    private func checkpoint(_ tensors: [(String, Tensor)], metadata: [(key: String, value: String)] = []) throws
        -> Checkpoint
    {
        let file = OpenFile(path: "memory", bytes: try Safetensors.encode(tensors: tensors))
        let read = try Checkpoint(safetensors: file)
        return try Checkpoint(path: "memory", container: "test", tensors: read.tensors, metadata: metadata)
    }

    private func floats(_ checkpoint: Checkpoint, _ name: String) throws -> [Float] {
        let tensor = try #require(checkpoint[name])
        let result = Tensor(uninitialized: tensor.shape)
        try tensor.bytes().read(0..<tensor.byteCount, into: result.storage.base)
        return result.floats
    }

    /// A [rank 1, in 3] and B [out 2, rank 1] under these names.
    private func matrices(_ down: String, _ up: String, times factor: Float = 1) -> [(String, Tensor)] {
        [(down, Tensor([1, 2, 3], shape: [1, 3])), (up, Tensor([10 * factor, 100 * factor], shape: [2, 1]))]
    }

    private var pair: [(String, Tensor)] {
        matrices("base_model.model.block.to_q.lora_A.weight", "base_model.model.block.to_q.lora_B.weight")
    }

    /// One side of a comparison with itself.
    private func effective(
        _ side: Checkpoint, on base: Checkpoint? = nil, adapter: String? = nil
    ) throws -> Checkpoint {
        try AdapterComparison.sides(side, side, on: base, adapter: adapter).left
    }

    private func error(
        _ tensors: [(String, Tensor)], base: Checkpoint? = nil, adapter: String? = nil,
        _ metadata: [(key: String, value: String)] = []
    ) throws -> CheckpointError {
        try #require(throws: CheckpointError.self) {
            let made = try effective(try checkpoint(tensors, metadata: metadata), on: base, adapter: adapter)
            for tensor in made.tensors { _ = try tensor.bytes() }
        }
    }

    private func config(_ members: String...) -> [(key: String, value: String)] {
        members.map { member in
            let words = member.split(separator: "=", maxSplits: 1)
            return ("adapter_config.json: \(words[0])", String(words[1]))
        }
    }

    private let base: [(String, Tensor)] = [
        ("block.to_q.weight", Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3])), ("other", Tensor([7], shape: [1])),
    ]

    // MARK: Sums

    @Test func theProductIsScaled() throws {
        let plain = try effective(checkpoint(pair))
        #expect(try floats(plain, "block.to_q.weight") == [10, 20, 30, 100, 200, 300])
        #expect(plain.container == "LoRA of 1 modules, scale 1.0 as no alpha is stated")
        let scaled = try effective(checkpoint(pair, metadata: config("lora_alpha=0.5")))
        #expect(try floats(scaled, "block.to_q.weight") == [5, 10, 15, 50, 100, 150])
        let negative = try effective(checkpoint(pair, metadata: config("lora_alpha=-1")))
        #expect(try floats(negative, "block.to_q.weight") == [-10, -20, -30, -100, -200, -300])
        let zero = try effective(checkpoint(pair, metadata: config("lora_alpha=0")))
        #expect(try floats(zero, "block.to_q.weight") == [0, 0, 0, 0, 0, 0])
    }

    @Test func itIsAddedToTheBase() throws {
        let base = try checkpoint(base)
        let sum = try effective(checkpoint(pair), on: base)
        #expect(try floats(sum, "block.to_q.weight") == [11, 21, 31, 101, 201, 301])
        #expect(try floats(sum, "other") == [7])
        // Beside a base a side that is no adapter is a merged model, and compared as it is.
        let sides = try AdapterComparison.sides(checkpoint(pair), base, on: base)
        #expect(try floats(sides.right, "block.to_q.weight") == [1, 1, 1, 1, 1, 1])
    }

    /// diffusers' text in the header holds for the component that its keys begin with.
    @Test func alphaInTheHeader() throws {
        func sum(_ text: String) throws -> [Float] {
            let names = matrices("unet.to_q.lora_A.weight", "unet.to_q.lora_B.weight")
            let made = try effective(checkpoint(names, metadata: [("lora_adapter_metadata", text)]))
            return try floats(made, "unet.to_q.weight")
        }
        #expect(try sum(#"{"unet.r": 1, "unet.lora_alpha": 2}"#) == [20, 40, 60, 200, 400, 600])
        #expect(try sum(#"{"unet.lora_alpha": 2, "unet.alpha_pattern": {"to_q": 3}}"#) == [30, 60, 90, 300, 600, 900])
        #expect(try sum(#"{"lora_alpha": 2}"#) == [20, 40, 60, 200, 400, 600])
        #expect(throws: CheckpointError.self) { try sum(#"{"lora_alpha": 2, "unet.lora_alpha": 2}"#) }
        #expect(throws: CheckpointError.self) { try sum(#"{"unet.lora_alpha": 2, "unet.use_dora": true}"#) }
        #expect(throws: CheckpointError.self) { try sum(#"{"unet.lora_alpha": "#) }
        #expect(throws: CheckpointError.self) { try sum(#"{"text_encoder.lora_alpha": 2}"#) }
    }

    @Test func float64StaysFloat64() throws {
        func wide(_ values: [Double], _ shape: [Int]) -> Tensor {
            tensor(.f64, shape, bytes: values.flatMap { withUnsafeBytes(of: $0) { Array($0) } })
        }
        let base = try checkpoint([("block.to_q.weight", wide([1, 1, 1, 1, 1, 1].map { $0 / 3 }, [2, 3]))])
        let sum = try effective(checkpoint(pair), on: base)
        let bytes = try allBytes(sum["block.to_q.weight"]!)
        let first = bytes.withUnsafeBytes { $0.loadUnaligned(as: Double.self) }
        #expect(first == 1.0 / 3 + 10)
    }

    // MARK: Names

    /// Every spelling of one adapter for one weight.
    @Test(arguments: [
        ("lora_A.weight", "lora_B.weight"), ("lora_A.default.weight", "lora_B.default.weight"),
        ("lora.down.weight", "lora.up.weight"), ("lora_down.weight", "lora_up.weight"),
        ("lora_linear_layer.down.weight", "lora_linear_layer.up.weight"),
    ]) func endings(down: String, up: String) throws {
        let base = try checkpoint([("unet/block.to_q.weight", Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3]))])
        for prefix in ["", "unet.", "base_model.model.", "base_model.model.unet."] {
            let names = matrices("\(prefix)block.processor.to_q.\(down)", "\(prefix)block.processor.to_q.\(up)")
            let sum = try effective(checkpoint(names), on: base)
            #expect(try floats(sum, "unet/block.to_q.weight") == [11, 21, 31, 101, 201, 301], "\(prefix)\(down)")
        }
    }

    /// diffusers' attention processors; in text encoders the same names stood for others.
    @Test(arguments: [
        ("unet.a.attn1.processor.to_out_lora", "unet/a.attn1.to_out.0"),
        ("a.attn1.processor.to_q_lora", "a.attn1.to_q"),
        ("text_encoder.a.self_attn.to_out_lora", "text_encoder/a.self_attn.out_proj"),
        ("text_encoder.a.self_attn.to_k_lora", "text_encoder/a.self_attn.k_proj"),
        ("text_encoder.a.mlp.fc1.lora_linear_layer", "text_encoder/a.mlp.fc1"),
    ]) func processors(adapter: String, weight: String) throws {
        let base = try checkpoint([(weight + ".weight", Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3]))])
        let sum = try effective(checkpoint(matrices(adapter + ".down.weight", adapter + ".up.weight")), on: base)
        #expect(try floats(sum, weight + ".weight") == [11, 21, 31, 101, 201, 301])
    }

    /// `a.b_c` and `a_b.c` are alike but for dots and underscores.
    @Test func theExactNameIsTaken() throws {
        let ones = Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3])
        let base = try checkpoint([("a.b_c.weight", ones), ("a_b.c.weight", ones)])
        for name in ["a.b_c", "a_b.c"] {
            let sum = try effective(checkpoint(matrices("\(name).lora_A.weight", "\(name).lora_B.weight")), on: base)
            #expect(try floats(sum, "\(name).weight") == [11, 21, 31, 101, 201, 301])
            #expect(try floats(sum, (name == "a.b_c" ? "a_b.c" : "a.b_c") + ".weight") == [1, 1, 1, 1, 1, 1])
        }
        let open = try error(matrices("lora_unet_a_b_c.lora_down.weight", "lora_unet_a_b_c.lora_up.weight"), base: base)
        #expect(open.problem == "it is open which of the base's tensors this module is of")
        #expect(open.found == "a.b_c.weight, a_b.c.weight")
    }

    @Test func aModuleWithoutComponentIsOfOneOnly() throws {
        let ones = Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3])
        let names = matrices("a.to_q.lora_A.weight", "a.to_q.lora_B.weight")
        let one = try checkpoint([("text_encoder/a.to_q.weight", ones), ("unet/b.weight", ones)])
        #expect(
            try floats(effective(checkpoint(names), on: one), "text_encoder/a.to_q.weight")
                == [11, 21, 31, 101, 201, 301])
        let two = try checkpoint([("text_encoder/a.to_q.weight", ones), ("text_encoder_2/a.to_q.weight", ones)])
        #expect(try error(names, base: two).problem == "it is open which of the base's tensors this module is of")
    }

    /// One weight under two names: neither may be forgotten.
    @Test func twoNamesOfOneWeightAreRefused() throws {
        let other = [
            ("block.to_q.lora_A.weight", "block.to_q.lora_B.weight"),
            ("block.processor.to_q.lora_A.weight", "block.processor.to_q.lora_B.weight"),
            ("block.to_q.lora.down.weight", "block.to_q.lora.up.weight"),
            ("block.to_q_lora.down.weight", "block.to_q_lora.up.weight"),
            ("unet.block.to_q.lora_A.weight", "unet.block.to_q.lora_B.weight"),
            ("lora_unet_block_to_q.lora_down.weight", "lora_unet_block_to_q.lora_up.weight"),
        ]
        for (down, up) in other {
            let own = try error(pair + matrices(down, up))
            #expect(
                ["stands for the same as another tensor", "two modules of the adapter are one weight"]
                    .contains(own.problem), "\(down): \(own)")
        }
        let base = try checkpoint([("transformer/block.to_q.weight", base[0].1)])
        let both = pair + matrices("transformer.block.to_q.lora_A.weight", "transformer.block.to_q.lora_B.weight")
        #expect(try error(both, base: base).problem == "two modules of the adapter are one weight of the base")
    }

    // MARK: Several adapters

    private func named(_ name: String, times factor: Float) -> [(String, Tensor)] {
        matrices("to_q.lora_A.\(name).weight", "to_q.lora_B.\(name).weight", times: factor)
    }

    @Test func adaptersOfOneFileAreComparedByName() throws {
        let left = try checkpoint(named("default", times: 1) + named("reference", times: 2))
        let right = try checkpoint(named("default", times: 3) + named("reference", times: 2))
        let sides = try AdapterComparison.sides(left, right)
        #expect(sides.left.tensors.map(\.name) == ["default/to_q.weight", "reference/to_q.weight"])
        #expect(try floats(sides.left, "default/to_q.weight")[0] == 10)
        #expect(try floats(sides.right, "default/to_q.weight")[0] == 30)
        #expect(try floats(sides.right, "reference/to_q.weight")[0] == 20)
        let one = try AdapterComparison.sides(left, right, adapter: "default")
        #expect(try floats(one.left, "to_q.weight")[0] == 10)
        #expect(try floats(one.right, "to_q.weight")[0] == 30)
        // A name is arbitrary where there is one adapter on each side.
        let single = try AdapterComparison.sides(checkpoint(named("x", times: 1)), checkpoint(named("y", times: 1)))
        #expect(try floats(single.left, "to_q.weight") == floats(single.right, "to_q.weight"))
    }

    @Test func severalAdaptersAgainstOtherNamesAreRefused() throws {
        let two = try checkpoint(named("default", times: 1) + named("reference", times: 2))
        for other in [named("default", times: 1), named("default", times: 1) + named("old", times: 1)] {
            let error = try #require(throws: CheckpointError.self) {
                try AdapterComparison.sides(two, try checkpoint(other))
            }
            #expect(error.problem == "several adapters" && error.found == "\"default\", \"reference\"")
            #expect(error.hint == "--adapter NAME chooses one")
            #expect(try AdapterComparison.sides(two, checkpoint(other), adapter: "default").left.tensors.count == 1)
        }
        let error = try #require(throws: CheckpointError.self) {
            try AdapterComparison.sides(two, two, adapter: "nobody")
        }
        #expect(error.problem == "no adapter of this name")
    }

    // MARK: Refusals

    @Test func whatIsNoAdapterIsRefused() throws {
        let model = try checkpoint(base)
        #expect(try error(base).problem == "no adapter: none of its tensors is named as LoRA's are")
        #expect(try error(base, base: model).hint == "without --lora they are compared as they are")
        for sides in [(try checkpoint(pair), model), (model, try checkpoint(pair))] {
            let error = try #require(throws: CheckpointError.self) { try AdapterComparison.sides(sides.0, sides.1) }
            #expect(error.hint == "--base names the checkpoint that the adapter of the other side is added to")
        }
        #expect(try error(pair, base: checkpoint(pair)).problem == "an adapter, not a base")
    }

    /// Adapters of another kind are not taken for models, beside a base neither.
    @Test(arguments: [
        "a.hada_w1_a", "a.lokr_w1", "a.oft_R.weight", "a.ia3_l", "a.diff", "a.diff_b", "a.lora_mid.weight",
        "a.dora_scale", "a.w_norm", "lora_controlnet",
    ]) func otherKindsAreRefused(name: String) throws {
        for rest in [[], pair] {
            let found = try error(rest + [(name, Tensor([1], shape: [1]))], base: try checkpoint(base))
            #expect(found.tensor == name && found.problem == "not a part of a LoRA adapter that is understood")
        }
    }

    @Test(arguments: [
        "peft_type=\"LOHA\"", "layer_replication=[[0,4]]", "trainable_token_indices=[1]",
        "target_parameters=[\"a\"]", "megatron_config={\"a\":1}", "init_lora_weights=\"loftq\"",
        "init_lora_weights=\"pissa_niter_4\"", "init_lora_weights=\"corda\"", "invented_tomorrow=0.5",
        "alora_invocation_tokens=[1]", "use_bdlora={\"nblocks\":2}",
    ]) func keysThatMeanSomethingAreRefusedByName(member: String) throws {
        let found = try error(pair, config("lora_alpha=1", member))
        #expect(found.problem.hasPrefix("\(member.prefix { $0 != "=" }) is not understood"), "\(found)")
    }

    /// Each row of the sum is brought to a length; what the base lacks, nobody can bring to any.
    @Test func decomposedWeights() throws {
        let base = try checkpoint([("block.to_q.weight", Tensor([-7, -18, -30, 0, -200, -300], shape: [2, 3]))])
        let lengths = ("base_model.model.block.to_q.lora_magnitude_vector", Tensor([5, 7], shape: [2]))
        let side = try checkpoint(pair + [lengths], metadata: config("lora_alpha=1", "use_dora=true"))
        // [3, 2, 0] and [100, 0, 0].
        let row = [3 / Double(13).squareRoot() * 5, 2 / Double(13).squareRoot() * 5, 0].map { Float($0) }
        #expect(try floats(effective(side, on: base), "block.to_q.weight") == row + [7, 0, 0])
        #expect(try error(pair + [lengths], config("lora_alpha=1", "use_dora=true")).tensor == "block.to_q")
        let alone = "use_dora and lora_magnitude_vector go together"
        #expect(try error(pair, base: base, config("lora_alpha=1", "use_dora=true")).problem == alone)
        #expect(try error(pair + [lengths], base: base, config("lora_alpha=1")).problem == alone)
        let short = (lengths.0, Tensor([5], shape: [1]))
        #expect(try error(pair + [short], base: base).problem == "does not fit the matrix")
    }

    @Test func keysThatSayNothingAreTaken() throws {
        let members = config(
            "lora_alpha=1", "r=1", "use_dora=false", "layer_replication=null", "invented_tomorrow={}",
            "rank_pattern={}",
            "target_modules=[\"to_q\"]", "lora_dropout=0.5", "peft_version=\"1\"", "init_lora_weights=\"gaussian\"",
            "init_lora_weights_2=false", "modules_to_save=null", "peft_type=\"LORA\"")
        #expect(try floats(effective(checkpoint(pair, metadata: members)), "block.to_q.weight")[0] == 10)
    }

    @Test func numbersThatAreNoScaleAreRefused() throws {
        #expect(try error(pair, config("r=1")).problem == "lora_alpha is missing in adapter_config.json")
        #expect(try error(pair, config("lora_alpha=\"8\"")).problem == "lora_alpha is no number")
        #expect(try error(pair, config("lora_alpha=1", "r=2")).problem == "of another rank than its configuration says")
        #expect(try error(pair, config("lora_alpha=1", "r=0")).problem == "r is no rank")
        #expect(
            try error(pair, config("lora_alpha=1", "alpha_pattern={\"to_(q|k)\":2}")).problem
                == "alpha_pattern has a regular expression that is not understood")
        #expect(
            try error(pair, config("lora_alpha=1", "alpha_pattern={\"block.to_q\":2,\"to_q\":3}")).problem
                == "alpha_pattern says two things of block.to_q")
        for alpha in [Float.nan, .infinity, 0] {
            let tensors = pair + [("block.to_q.alpha", Tensor([alpha], shape: [1]))]
            #expect(try error(tensors).problem == "no alpha that all programs understand alike")
        }
        let two = pair + [("block.to_q.alpha", Tensor([2], shape: [1]))]
        #expect(try error(two, config("lora_alpha=4")).problem == "another alpha than the configuration's")
        #expect(try floats(effective(checkpoint(two, metadata: config("lora_alpha=2"))), "block.to_q.weight")[0] == 20)
        #expect(try error(pair + [("block.to_k.alpha", Tensor([2], shape: [1]))]).problem == "an alpha of no module")
    }

    @Test func whatDoesNotFitIsRefused() throws {
        #expect(try error([pair[0]]).problem == "its other matrix is missing")
        let wide = ("base_model.model.block.to_q.lora_B.weight", Tensor([1, 2, 3, 4], shape: [2, 2]))
        #expect(try error([pair[0], wide]).problem == "the matrices do not fit")
        let none = [
            ("to_q.lora_A.weight", Tensor([], shape: [0, 3])), ("to_q.lora_B.weight", Tensor([], shape: [2, 0])),
        ]
        #expect(try error(none).problem == "the matrices do not fit")
        let missing = try checkpoint([("block.to_k.weight", Tensor([1, 1, 1, 1, 1, 1], shape: [2, 3]))])
        #expect(try error(pair, base: missing).problem == "the base has no weight of this module")
        let square = try checkpoint([("block.to_q.weight", Tensor([1, 1, 1, 1], shape: [2, 2]))])
        #expect(try error(pair, base: square).problem == "of another shape than the base's weight")
        let lying = try checkpoint([("block.to_q.weight", Tensor([1, 1, 1, 1, 1, 1], shape: [3, 2]))])
        #expect(try error(pair, base: lying).hint == "fan_in_fan_out is nowhere set")
        let begun = config("lora_alpha=1", "init_lora_weights=\"olora\"")
        #expect(try error(pair, begun).hint == "--base names the checkpoint that the adapter was made for")
    }
}
