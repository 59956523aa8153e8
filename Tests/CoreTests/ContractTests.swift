import Core
import Testing

@Suite struct ContractTests {
    private func difference(_ left: String, _ right: String) -> ContractDifference? {
        ContractDifference("run-1 was recorded", under: left, "the replay computes", under: right)
    }

    @Test func oneContractIsNoDifference() {
        for contract in Contract.allCases { #expect(difference(contract.rawValue, contract.rawValue) == nil) }
        // Records of a contract that nobody here computes by are of one contract all the same.
        #expect(difference("ref-9", "ref-9") == nil)
        // Two spellings of one character are two names.
        #expect(difference("re\u{301}f", "r\u{e9}f") != nil)
    }

    @Test func bothSidesAndWhatIsKnownAreNamed() throws {
        let found = try #require(difference("ref-9", "ref-1")).description
        #expect(
            found
                == "run-1 was recorded under contract ref-9, the replay computes under ref-1: numbers of two contracts "
                + "are not compared; this program knows ref-1")
    }

    /// The names stand in manifests, from whose bytes chains start.
    @Test func namesStay() { #expect(Contract.allCases.map(\.rawValue) == ["ref-1"]) }
}
