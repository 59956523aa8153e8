import Testing

@testable import Compute

/// The emulator finds what is wrong with a kernel: the right ones give the bits of the processor's in every order, and every
/// planted mistake shows.
@Suite(.serialized) struct KernelMistakeTests {
    private static let orders = [
        "", "threads=shuffled,blocks=down,resident=3,seed=5", "threads=down,blocks=shuffled,seed=9",
    ]

    @Test func everyPlantedMistakeIsCaught() throws {
        let kernels = try MistakenKernels()
        let reference = ReferenceDevice(isa: .best, pool: WorkerPool(workers: 1))
        var expected: [KernelFamily: [[UInt32]]] = [:]
        var (compared, values) = (0, 0)
        for family in KernelFamily.allCases {
            let right = family.results(on: reference)
            expected[family] = right
            for order in Self.orders {
                let found = try kernels.results(family, mistake: 0, settings: order).get()
                #expect(found.count == right.count)
                for (place, (a, b)) in zip(found, right).enumerated() {
                    #expect(a == b, "\(family), result \(place), \(order)")
                    compared += 1
                    values += a.count
                }
            }
        }
        var missed: [String] = []
        for (place, mistake) in kernels.mistakes.enumerated() {
            let isCaught = Self.orders.contains { order in
                switch kernels.results(mistake.family, mistake: place + 1, settings: order) {
                case .success(let found): found != expected[mistake.family]
                case .failure: true
                }
            }
            if !isCaught { missed.append("\(mistake.file): \(mistake.name)") }
        }
        #expect(missed == [])
        #expect(kernels.mistakes.count >= 20)
        print(
            "cuda on the processor: \(compared) comparisons of \(values) values; "
                + "\(kernels.mistakes.count - missed.count) of \(kernels.mistakes.count) planted mistakes caught")
    }

    @Test func mistakesArePlantedWhereTheirTextStands() throws {
        let list = """

            == sums | a.h | one
            x + y
            =>
            x - y

            == sums | a.h | two
            f();
            =>

            """
        let mistakes = try KernelMistake.read(list)
        let numbered = mistakes.enumerated().map { (number: $0.offset + 1, mistake: $0.element) }
        #expect(
            try KernelMistake.plant(numbered, into: "a = x + y; f();", switchedBy: "m")
                == "a = (m == 1 ? (x - y) : (x + y)); if (m == 2) {\n\n} else {\nf();\n}")
        #expect(throws: KernelMistake.Unreadable.self) {
            try KernelMistake.plant(numbered, into: "a = x + y; f(); f();", switchedBy: "m")
        }
        #expect(throws: KernelMistake.Unreadable.self) { try KernelMistake.read("\n== nothing | a.h | b\nx\n=>\ny") }
    }
}
