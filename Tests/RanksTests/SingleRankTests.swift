import Ranks
import Testing

@Test func oneProcessIsAGroupOfItsOwn() throws {
    let group = SingleRank(host: "here")
    #expect((group.rank, group.size) == (0, 1))
    #expect(try group.gather([1, 2]) == [[1, 2]])
    #expect(try group.any(true))
    #expect(try !group.any(false))
    try group.requireSame("a", as: "the program")
}
