import Testing

@testable import Jobs

/// What is told to Slurm.
@Suite struct SlurmEngineTests {
    @Test(arguments: [
        ([0], "0"), ([0, 1, 2, 3], "0-3"), ([1, 3, 4, 9], "1,3-4,9"), ([7, 8], "7-8"),
    ]) func numbersBecomeRanges(numbers: [Int], text: String) {
        #expect(SlurmEngine.ranges(numbers) == text)
    }

    /// No index is larger than the site's, and with its array's offset each is its task.
    @Test(arguments: [1, 3, 1000]) func arraysAreCutAtTheSitesLargestIndex(most: Int) {
        let tasks = Array(stride(from: 0, to: 2503, by: 3))
        let arrays = SlurmEngine.arrays(of: tasks, largestIndex: most)
        #expect(arrays.allSatisfy { $0.members.allSatisfy { (0...most).contains($0) } })
        #expect(arrays.flatMap { array in array.members.map { $0 + array.offset } } == tasks)
    }

    @Test(arguments: [
        ("/shared/bin/smpo", "/shared/bin/smpo"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"),
        ("$HOME", "'$HOME'"),
    ]) func wordsOfAShellStayWords(word: String, quoted: String) {
        #expect(ShellWord.quoted(word) == quoted)
    }
}
