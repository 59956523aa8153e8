import ArgumentParser
import Jobs

/// Where a command's jobs run, and what a site wants said.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where tasks run: local, slurm, or file:JOB, which only writes the folder JOB.", valueName: "place"))
    var on = JobPlace.local

    @Option(
        help: ArgumentHelp(
            "What the site wants said: partition, account, setup, … (default: cluster.yaml, where it is there).",
            valueName: "file"))
    var profile: String?

    @Option(
        help: ArgumentHelp("An option that is handed to sbatch as it is. Repeatable.", valueName: "option"))
    var slurmArg: [String] = []

    @Flag(help: "End the tasks that are left once one has come to anything but a pass.")
    var failFast = false

    var isElsewhere: Bool { on != .local }

    /// The words of a command line without these options: what a task's command has of them.
    static func without(_ words: [String]) -> [String] {
        let valued = ["--on", "--profile", "--slurm-arg"]
        var (kept, isValue): ([String], Bool) = ([], false)
        for word in words {
            if isValue {
                isValue = false
            } else if valued.contains(word) {
                isValue = true
            } else if word != "--fail-fast", !valued.contains(where: { word.hasPrefix($0 + "=") }) {
                kept.append(word)
            }
        }
        return kept
    }

    func validate() throws {
        if on == .local, profile != nil || !slurmArg.isEmpty || failFast {
            throw ValidationError("--profile, --slurm-arg and --fail-fast are for tasks elsewhere: expected --on")
        }
        if on != .slurm, !slurmArg.isEmpty { throw ValidationError("--slurm-arg needs --on slurm") }
    }
}
