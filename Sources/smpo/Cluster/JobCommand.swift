import ArgumentParser

/// `smpo job`
struct JobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Run the tasks of a folder that another command wrote, and gather what they came to.",
        discussion: """
            `--on file:JOB`, and `--on slurm` too, write a folder that all machines
            see: JOB/job.json says what is asked, JOB/tasks.txt has a command line a
            task, and JOB/tasks/N/result.json, which is written once and never
            replaced, what task N came to. Whatever runs each line once does: GNU
            parallel, an array of any scheduler, a person. A task that has a result
            is not run again; a result of another job, program or contract is
            refused by name. A task that builds on another one, such as a drawn lane
            on the walk before it, is refused while that has no result.

            EXAMPLES
              smpo audit run-1 --segments all --on file:/shared/job-1
              parallel -j 8 < /shared/job-1/tasks.txt
              smpo job status /shared/job-1
              smpo job gather /shared/job-1

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted]))
            """,
        subcommands: [JobRunCommand.self, JobStatusCommand.self, JobGatherCommand.self])
}
