import ArgumentParser

/// `smpo golden`
struct GoldenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "golden",
        abstract: "Accept a recorded run as the golden one, review what has changed, or show a golden run.",
        discussion: """
            A golden run is a manifest in Manifests/ and a log in Golden/RUN/:
            what `smpo gate` and audits on other machines compare with. Both are
            meant to be reviewed and committed. A run of another backend than the
            reference (backend: openblas) is refused: its bits are those of one
            machine.

            After a change that was meant, `review` shows what moved in each golden
            run, and `accept` puts what it came to in the golden run's place, with
            the reason. A golden run is watched by its recipe, or says why not.

            EXAMPLES
              smpo golden accept run-1 --as run-42
              smpo golden review
              smpo golden accept run-42 --reason "group norm sums in blocks of 64"
              smpo golden accept --all 'short-*' --reason "new base model" --sign alice
              smpo golden show run-42

            \(ExitStatus.help([.success, .trouble, .tampered, .usage, .interrupted]))
            """,
        subcommands: [Accept.self, Review.self, Show.self])
}
