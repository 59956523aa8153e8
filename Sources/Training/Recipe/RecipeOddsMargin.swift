import Core

extension Recipe {
    /// MaPO's own keys; only for `objective.name: mapo`. The defaults are those of the public code.
    package struct OddsMargin: Sendable, Equatable {
        /// `objective.temperature`: T, how sharply the margin counts; above 0.
        package var temperature = 1000.0
        /// `objective.snr`: s, what errors are multiplied by in the odds; above 0.
        package var snr = 0.5
    }
}

extension Recipe.OddsMargin {
    static let keys = ["temperature", "snr"]

    init(_ section: SettingsSection) throws {
        temperature = try section["temperature"].double("a number above 0", default: temperature) { $0 > 0 }
        snr = try section["snr"].double("a number above 0", default: snr) { $0 > 0 }
    }

    var members: [(key: String, value: SettingsValue)] {
        [("temperature", .number(temperature)), ("snr", .number(snr))]
    }
}
