import Core
import Testing
import Training

@testable import Studies

@Suite struct AblationJobTests {
    private func jobs(_ text: String = PlanSamples.plan, base: UInt8 = 1) throws -> AblationJobs {
        AblationJobs(
            try AblationPlan.parse(text, file: "plan.yaml"),
            AblationInputs(
                bases: ["one": Digest.sha256([base]), "two": Digest.sha256([2])], scorer: Digest.sha256([3])))
    }

    private let run = AblationRun(arm: "smpo", pairs: "plain", seed: 1, rate: 3e-5, betaFactor: 0.5)

    /// A result is taken for done only under the same key: another base, pairs or recipe is another job.
    @Test func theKeyStandsForAllThatMatters() throws {
        let key = try jobs().training(run).key
        #expect(try jobs().training(run).key == key)
        #expect(try jobs(base: 7).training(run).key != key)
        let changes = [
            ("count: 8}", "count: 9}"), ("pairs_per_step: 2", "pairs_per_step: 3"),
            ("inversion: {steps: 3}", "inversion: {steps: 2}"),
            ("name: smpo, beta: 100", "name: smpo, beta: 101"),
        ]
        for (old, new) in changes {
            #expect(try jobs(PlanSamples.plan.replacing(old, with: new)).training(run).key != key, "\(new)")
        }
        // What other arms do is nothing to it.
        #expect(
            try jobs(PlanSamples.plan.replacing("name: dpo, beta: 100", with: "name: dpo, beta: 1")).training(run).key
                == key)
        var tuning = run
        tuning.purpose = .tuning
        #expect(try jobs().training(tuning).key != key)
    }

    @Test func namesAreThoseOfRuns() throws {
        var swept = run
        swept.overrides = ["objective.gamma=2.5"]
        let (plain, other) = (try jobs().training(run), try jobs().training(swept))
        for job in [plain, other] {
            let name = try #require(job.run)
            #expect(name.wholeMatch(of: /[a-z0-9-]+/) != nil, "\(name)")
            #expect(job.files[0].path == "recipes/\(name).yaml" && job.commands[0].arguments.contains(name))
        }
        #expect(plain.run != other.run && plain.name.hasPrefix("plain-smpo-3e-05-b0-5-s1"))
    }

    /// Tuning is judged on validation captions, reports on test captions.
    @Test func whereRunsAreJudged() throws {
        var tuning = run
        tuning.purpose = .tuning
        #expect(try jobs().training(tuning).commands[1].arguments.contains("validation"))
        #expect(try jobs().training(run).commands[1].arguments.contains("test"))
    }
}
