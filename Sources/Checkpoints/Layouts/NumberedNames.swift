/// The numbers that stand at one place in names: of `down_blocks.2.resnets.0.norm1.weight` after `down_blocks` the 2.
struct NumberedNames {
    private let names: [[Substring]]

    /// More blocks or layers than any model has are a mistake, or an attempt to keep the reader busy.
    private static let most = 512

    /// The parts between dots of each name.
    init(_ names: some Sequence<String>) { self.names = names.map { $0.split(separator: ".") } }
    private init(parts: [[Substring]]) { names = parts }

    /// What follows a beginning, such as `encoder.down`.
    func after(_ beginning: String) -> NumberedNames {
        let words = beginning.split(separator: ".")
        return NumberedNames(
            parts: names.compactMap { $0.starts(with: words) ? Array($0.dropFirst(words.count)) : nil })
    }

    /// How many numbers stand first: 0, 1, … without a gap; nil where one is missing, so that nobody knows what it was.
    var count: Int? {
        let numbers = Set(names.compactMap { $0.first.flatMap { Self.number($0) } })
        guard let largest = numbers.max() else { return 0 }
        return largest == numbers.count - 1 && largest < Self.most ? numbers.count : nil
    }

    /// Those that stand first, in order.
    var numbers: [Int] {
        Array(Set(names.compactMap { $0.first.flatMap { Self.number($0) } }).sorted().prefix(Self.most))
    }

    /// Whether any name goes on so.
    func contains(_ beginning: String) -> Bool {
        let words = beginning.split(separator: ".")
        return names.contains { $0.starts(with: words) }
    }

    /// A number as it is written in names, without signs and leading zeros.
    private static func number(_ text: Substring) -> Int? {
        guard let number = Int(text), number >= 0, text == "\(number)" else { return nil }
        return number
    }
}
