import Core

/// How many transformer blocks stand one after another behind each ResNet of a UNet: `transformer_layers_per_block`, and
/// `reverse_transformer_layers_per_block` where the way up is not the way down reversed, as in the UNets that were made
/// smaller (SSD-1B). Blocks without attention have numbers too, which say nothing.
package struct UNetTransformerDepths: Equatable, Sendable {
    /// Of each ResNet of each down block.
    package let down: [[Int]]
    /// Of the middle block.
    package let middle: Int
    /// Of each ResNet of each up block, in the order of the up blocks.
    package let up: [[Int]]

    private static let key = "transformer_layers_per_block"
    private static let reverseKey = "reverse_transformer_layers_per_block"
    private static let range = 1...1000

    /// Reads both keys for down blocks of so many ResNets each.
    /// - Throws: `ConfigError`.
    init(_ reader: inout ConfigReader, layersPerBlock: [Int]) throws {
        let value = reader.take(Self.key) ?? 1
        let reverse = reader.take(Self.reverseKey) ?? .null
        let blocks = layersPerBlock.count
        let upLayers = layersPerBlock.reversed().map { $0 + 1 }
        let entries = try Self.entries(value, Self.key, blocks, reader)
        down = try zip(entries, layersPerBlock).map { try Self.depths($0, count: $1, reader) }
        middle = down[blocks - 1][0]
        guard reverse == .null else {
            up = try zip(Self.entries(reverse, Self.reverseKey, blocks, reader), upLayers).map {
                try Self.depths($0, count: $1, reader)
            }
            return
        }
        if let list = entries.first(where: { Self.isList($0.value) }) {
            throw reader.refusal(
                list.key, list.value, "says nothing of the way up", expected: "\(Self.reverseKey) beside it")
        }
        up = zip(down.reversed(), upLayers).map { Array(repeating: $0[0], count: $1) }
    }

    private static func isList(_ value: JSONValue) -> Bool {
        if case .array = value { true } else { false }
    }

    /// One value a block, each with where it stands.
    private static func entries(
        _ value: JSONValue, _ key: String, _ blocks: Int, _ reader: ConfigReader
    ) throws -> [(key: String, value: JSONValue)] {
        guard case .array(let values) = value else { return Array(repeating: (key, value), count: blocks) }
        guard values.count == blocks else {
            throw reader.refusal(
                key, value, "does not fit the \(blocks) blocks", expected: "one integer, or \(blocks) integers or lists"
            )
        }
        return values.enumerated().map { ("\(key)[\($0)]", $1) }
    }

    /// One number a ResNet; diffusers reads no more of a list than there are.
    private static func depths(
        _ entry: (key: String, value: JSONValue), count: Int, _ reader: ConfigReader
    ) throws -> [Int] {
        guard case .array(let values) = entry.value else {
            return Array(repeating: try reader.integer(entry.value, entry.key, range), count: count)
        }
        guard values.count >= count else {
            throw reader.refusal(
                entry.key, entry.value, "does not fit the block", expected: "\(count) integers, one a ResNet")
        }
        return try values.prefix(count).enumerated().map {
            try reader.integer($1, "\(entry.key)[\($0)]", range)
        }
    }

    /// The members of a `config.json` as diffusers writes them.
    var members: [(String, JSONValue)] {
        let isMirrored = zip(down.reversed(), up).allSatisfy { Set($0 + $1).count == 1 }
        return [(Self.key, Self.value(down)), (Self.reverseKey, isMirrored ? .null : Self.value(up))]
    }

    private static func value(_ depths: [[Int]]) -> JSONValue {
        let values = depths.map(ConfigJSON.compact)
        if let first = values.first, !isList(first), values.allSatisfy({ $0 == first }) { return first }
        return .array(values)
    }
}
