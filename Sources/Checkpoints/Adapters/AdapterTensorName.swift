import Core

/// What a tensor's name says in an adapter, as PEFT (`lora_A`, `lora_B`), diffusers (`lora.down`, `lora_linear_layer.up`,
/// `to_q_lora.down`) and kohya (`lora_down`, `alpha`) write names.
struct AdapterTensorName {
    /// Which tensor of a module it is.
    enum Part: String {
        /// A [rank, in] and B [out, rank].
        case down, up
        /// The same of an embedding, whose weight is the product transposed: A [rank, rows], B [columns, rank].
        case embeddingDown, embeddingUp
        /// What is added to the layer's bias, times the scale.
        case bias
        /// DoRA's lengths of the weight's rows.
        case magnitude
        /// α of the module.
        case alpha
    }

    /// The module, without prefixes that mean nothing.
    let module: String
    /// The adapter's name, where the file gives it one.
    let adapter: String?
    let part: Part

    private static let marks: [(text: String, part: Part)] = [
        (".lora_embedding_A", .embeddingDown), (".lora_embedding_B", .embeddingUp),
        (".lora_magnitude_vector", .magnitude), (".lora_A", .down),
        (".lora_B", .up), (".lora_down", .down), (".lora_up", .up), (".lora_linear_layer.down", .down),
        (".lora_linear_layer.up", .up), (".lora.down", .down), (".lora.up", .up), ("_lora.down", .down),
        ("_lora.up", .up),
    ]

    /// `nil` where the name is no adapter's.
    init?(_ name: String) {
        if name.hasSuffix(".alpha") {
            (module, adapter, part) = (Self.module(String(name.dropLast(".alpha".count))), nil, .alpha)
            return
        }
        for mark in Self.marks {
            guard let place = name.firstRange(of: mark.text), let rest = Self.rest(name[place.upperBound...], mark.part)
            else { continue }
            let isOld = mark.text.hasPrefix("_")
            module = Self.module(String(name[..<place.lowerBound]) + (isOld ? "_lora" : ""))
            (adapter, part) = (rest.adapter, rest.part)
            return
        }
        return nil
    }

    /// What follows the mark: `.weight`, or with the adapter's name between: `.default.weight`. Those of an embedding are
    /// no modules and have no `.weight`.
    private static func rest(_ text: Substring, _ part: Part) -> (adapter: String?, part: Part)? {
        var words = text.split(separator: ".", omittingEmptySubsequences: false).dropFirst()
        guard text.isEmpty || text.first == "." else { return nil }
        var part = part
        // Those that are no modules of their own: with the adapter's name or without, and no more.
        let isParameter = part == .embeddingDown || part == .embeddingUp || part == .magnitude
        if part == .magnitude, words.last == "weight" { words.removeLast() }
        if !isParameter, let last = words.last {
            guard last == "weight" || last == "bias" && part == .up else { return nil }
            if last == "bias" { part = .bias }
            words.removeLast()
        }
        guard words.count <= 1, words.first != "" else { return nil }
        return (words.first.map(String.init), part)
    }

    /// The module as its weight in the model is named: PEFT's prefix and diffusers' attention processors say nothing,
    /// and what these called `to_out_lora` is `to_out.0` in a UNet, `out_proj` in a text encoder.
    private static func module(_ name: String) -> String {
        let peft = "base_model.model."
        var words = (name.hasPrefix(peft) ? String(name.dropFirst(peft.count)) : name)
            .split(separator: ".", omittingEmptySubsequences: false).filter { $0 != "processor" }.map(String.init)
        if let last = words.last, last.hasSuffix("_lora") {
            let own = String(last.dropLast("_lora".count))
            let ofTextEncoder = ["to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"]
            if words.contains("self_attn"), let other = ofTextEncoder[own] {
                words[words.count - 1] = other
            } else {
                words[words.count - 1] = own == "to_out" ? "to_out.0" : own
            }
        }
        return words.joined(separator: ".")
    }

    /// Whether a name is that of an adapter of any kind, of those too that are not understood.
    static func isAdapters(_ name: String) -> Bool {
        if let known = AdapterTensorName(name), known.part != .alpha { return true }
        let words = name.split { $0 == "." || $0 == "/" }
        return words.contains { word in foreign.contains { word.hasPrefix($0) } || endings.contains(String(word)) }
    }

    private static let foreign = [
        "lora_", "hada_w", "hada_t", "lokr_w", "lokr_t", "oft_R", "oft_blocks", "oft_diag", "boft_", "ia3_l",
        "vera_lambda", "vera_A", "vera_B", "vblora_", "poly_lora", "hra_u", "fourierft_", "waveft_", "randlora_",
        "shira_", "c3a_kernel", "trainable_tokens_delta",
    ]
    private static let endings: Set = ["diff", "diff_b", "dora_scale", "w_norm", "b_norm"]
}
