import ArgumentParser

/// Two numbers of pixels, as `512x768`: height and width, or top and left.
struct PixelPair: ExpressibleByArgument {
    let first, second: Int

    init(_ first: Int, _ second: Int) { (self.first, self.second) = (first, second) }

    init?(argument: String) {
        let numbers = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard numbers.count == 2, numbers.allSatisfy({ (0...1 << 20).contains($0) }) else { return nil }
        self.init(numbers[0], numbers[1])
    }
}
