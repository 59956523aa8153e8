import Core

/// Whether the values of a configuration fit each other.
struct UNetConfigCheck {
    let config: UNetConfig
    let file: String

    func run() throws {
        let blocks = config.blockOutChannels.count
        for (key, count) in [
            ("down_block_types", config.downBlockTypes.count), ("up_block_types", config.upBlockTypes.count),
        ] where count != blocks {
            throw ConfigError(
                file: file, key: key, "blocks", expected: "\(blocks), as many as block_out_channels",
                found: "\(count)")
        }
        try checkChannels()
        try checkHeads()
    }

    private func checkChannels() throws {
        let groups = config.normNumGroups
        for (index, channels) in config.blockOutChannels.enumerated() where channels % groups != 0 {
            throw ConfigError(
                file: file, key: "block_out_channels[\(index)]", "is not divisible by norm_num_groups",
                expected: "a multiple of \(groups)", found: "\(channels)")
        }
        guard config.blockOutChannels[0] % 2 == 0 else {
            throw ConfigError(
                file: file, key: "block_out_channels[0]", "cannot hold as many sines as cosines",
                expected: "an even number", found: "\(config.blockOutChannels[0])")
        }
        // freq_shift is taken off the divisor of the exponent, half the width.
        guard Double(config.blockOutChannels[0] / 2) > config.freqShift else {
            throw ConfigError(
                file: file, key: "freq_shift", "leaves no frequencies",
                expected: "less than half of block_out_channels[0]", found: "\(config.freqShift)")
        }
    }

    /// Blocks with attention, and the middle block, which has the width and heads of the last.
    private func checkHeads() throws {
        let blocks = config.blockOutChannels.count
        for index in 0..<blocks {
            let used =
                config.downBlockTypes[index] == .crossAttention
                || index == blocks - 1 && config.midBlockType == .crossAttention
                || config.upBlockTypes[blocks - 1 - index] == .crossAttention
            let (channels, heads) = (config.blockOutChannels[index], config.attentionHeads[index])
            guard used, channels % heads != 0 else { continue }
            throw ConfigError(
                file: file, key: "attention_head_dim[\(index)]", "heads do not divide block_out_channels[\(index)]",
                expected: "a divisor of \(channels)", found: "\(heads)")
        }
    }
}
