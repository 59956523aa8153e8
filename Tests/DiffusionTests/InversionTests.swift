import Diffusion
import Testing

/// Inversion plans against those of the public code and of diffusers' inverse schedulers.
@Suite struct InversionTests {
    /// "source→destination first/second" of each move.
    private func plan(_ settings: InversionSettings, _ t: Int) -> [String] {
        settings.moves(to: t, of: 1000).map {
            "\($0.source)→\($0.destination) \($0.firstLabel)/\($0.secondLabel.map(String.init) ?? "-")"
        }
    }

    /// The plans of parity runs made with PyTorch 2.15 and diffusers 0.42.1 around the public code's loop.
    @Test func plansOfTheReferenceRuns() {
        let official = InversionSettings(.official)
        let new = InversionSettings(.official022)
        #expect(
            plan(InversionSettings(), 613) == [
                "0→68 0/-", "68→136 68/-", "136→204 136/-", "204→272 204/-", "272→340 272/-", "340→408 340/-",
                "408→476 408/-", "476→544 476/-", "544→613 544/613",
            ])
        var destination = InversionSettings()
        (destination.renoise, destination.averages, destination.label) = (.every, true, .destination)
        #expect(
            plan(destination, 87) == [
                "0→9 9/9", "9→19 19/19", "19→29 29/29", "29→38 38/38", "38→48 48/48", "48→58 58/58", "58→67 67/67",
                "67→77 77/77", "77→87 87/87",
            ])
        #expect(
            plan(official, 613) == [
                "-199→1 -199/-199", "1→201 1/1", "201→401 201/201", "401→601 401/401", "601→801 601/601",
            ])
        #expect(plan(official, 244) == ["-199→1 -199/-199", "1→201 1/1", "201→401 201/201"])
        #expect(
            plan(new, 613) == [
                "-99→1 1/1", "1→101 101/101", "101→201 201/201", "201→301 301/301", "301→401 401/401",
                "401→501 501/501", "501→601 601/601",
            ])
        #expect(plan(new, 244) == ["-99→1 1/1", "1→101 101/101", "101→201 201/201"])
    }

    /// L(t), the level that the official grids end at: the smallest destination ≥ t (diffusers 0.20), or the largest
    /// grid value < t (0.22 and later), nil where nothing moves.
    @Test(arguments: [
        (0, 1, 1, nil), (1, 1, 1, nil), (2, 101, 201, 1), (101, 101, 201, 1), (102, 201, 201, 101),
        (201, 201, 201, 101), (202, 301, 401, 201), (401, 401, 401, 301), (601, 601, 601, 501), (602, 701, 801, 601),
        (801, 801, 801, 701), (802, 901, 801, 801), (901, 901, 801, 801), (902, 901, 801, 901), (999, 901, 801, 901),
    ])
    func officialGridsEndWhereTheTablesSay(t: Int, ten: Int, five: Int, new: Int?) {
        var official = InversionSettings(.official)
        #expect(official.moves(to: t, of: 1000).last?.destination == five)
        official.steps = 10
        #expect(official.moves(to: t, of: 1000).last?.destination == ten)
        let later = InversionSettings(.official022)
        #expect(later.moves(to: t, of: 1000).last?.destination == new)
    }

    /// The mean number of moves over all timesteps.
    @Test func officialGridsTakeAsManyStepsAsCounted() {
        var official = InversionSettings(.official)
        func mean() -> Double { Double((0..<1000).reduce(0) { $0 + official.moves(to: $1, of: 1000).count }) / 1000 }
        #expect(abs(mean() - 3.79) < 0.01)
        official.steps = 10
        #expect(abs(mean() - 6.38) < 0.01)
    }

    @Test func theExactGridLandsOnEveryTimestep() {
        for steps in [1, 2, 9, 50] {
            var settings = InversionSettings()
            settings.steps = steps
            for t in 0..<1000 {
                let moves = settings.moves(to: t, of: 1000)
                #expect(moves.count == steps && moves.first?.source == 0 && moves.last?.destination == t)
                #expect(zip(moves, moves.dropFirst()).allSatisfy { $0.destination == $1.source })
            }
        }
    }
}
