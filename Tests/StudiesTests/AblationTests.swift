import Audit
import Core
import Jobs
import Ledger
import Testing

@testable import Studies

/// An ablation whose jobs print what they are told to, without a process.
@Suite struct AblationTests {
    /// The outputs of a job's commands; runs by the lower rate draw better.
    private func outputs(of job: Job) -> [JSONValue] {
        let reward: JSONValue = .decimal(job.name.contains("3e-05") ? 0.75 : 0.5)
        return job.commands.map { command in
            switch command.arguments[0] {
            case "data":
                [
                    "outcome": [
                        "pairs": 8, "ties": 1, "labels_right": 3, "labels_judged": 4, "scores_right": 1,
                        "scores_judged": 2,
                    ]
                ]
            case "eval":
                [
                    "seeds": [
                        [
                            "model": [
                                "rewards": [reward, reward], "median_reward": 0, "score": 0, "shape": 0, "size": 0,
                                "colour": 0, "place": 0, "background": 0, "all": 0, "brightness": 0,
                            ]
                        ]
                    ]
                ]
            case "train":
                ["run": .string(job.run ?? ""), "chain_head": "00", "cpu_seconds": 2, "steps": 4]
            case "audit":
                ["verdict": "reproduced", "results": [["segment": ["first": 1, "last": 2]]]]
            default: "drawn"
            }
        }
    }

    /// The report of the sample plan, and the jobs in the order in which they were asked for, with how many at once.
    private func run(audits: Bool) throws -> (report: AblationReport, asked: [(job: Job, atOnce: Int?)], count: Int) {
        let plan = try PlanSamples.parsed()
        let jobs = AblationJobs(
            plan,
            AblationInputs(
                bases: ["one": Digest.sha256([1]), "two": Digest.sha256([2])], scorer: Digest.sha256([3])))
        let run = AblationRun(arm: "smpo", pairs: "plain", seed: 1, rate: 3e-5, betaFactor: 0.5)
        let ablation = Ablation(
            plan, jobs: jobs, recipes: [(plan.bases[1], try jobs.recipe(run))],
            in: Workspace(root: "/nowhere"), audits: audits)
        var asked: [(job: Job, atOnce: Int?)] = []
        let report = try ablation.report { jobs, atOnce in
            asked += jobs.map { ($0, atOnce) }
            return jobs.map { JSONCursor(["outputs": .array(outputs(of: $0))], name: $0.name) }
        }
        return (report, asked, ablation.jobCount)
    }

    @Test(arguments: [true, false]) func itAsksForAsManyJobsAsItSays(audits: Bool) throws {
        let (report, asked, count) = try run(audits: audits)
        #expect(asked.count == count)
        #expect(report.audits.count == (audits ? 4 : 0))
        #expect(report.audits.allSatisfy { $0.steps == "1..2" && $0.verdict == .reproduced })
        // No job is asked for twice: each stands for other inputs.
        #expect(Set(asked.map(\.job.key)).count == count)
    }

    @Test func aBaseIsTrainedFirstAndAlone() throws {
        let asked = try run(audits: false).asked
        #expect(asked[0].job.name == "base-two" && asked[0].atOnce == 1)
        #expect(asked.dropFirst().allSatisfy { $0.atOnce == nil })
    }

    @Test func theReportedRunsHaveTheTunedRate() throws {
        let report = try run(audits: false).report
        #expect(report.tuning.count == 2 * 2 * 2)
        // Arms, sweeps and conditions, over two seeds.
        #expect(report.runs.count == (2 + 3 + 1) * 2)
        #expect(report.runs.allSatisfy { $0.run.rate == 3e-5 && $0.run.betaFactor == 0.5 })
        #expect(report.labels.allSatisfy { $0.rightLabels == 0.75 && $0.rightScores == 0.5 })
    }
}
