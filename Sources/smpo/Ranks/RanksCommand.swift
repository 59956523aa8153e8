import ArgumentParser
import Core
import Foundation
import Jobs
import Ranks

/// `smpo ranks`
struct RanksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ranks",
        abstract: "Look at an MPI before a run is trusted to it.",
        discussion: """
            EXAMPLES
              mpirun -np 4 smpo-mpi smpo ranks check

            \(ExitStatus.help([.success, .trouble, .usage]))
            """,
        subcommands: [Check.self])

    /// `smpo ranks check`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that ranks run the same program, and that what one sends arrives at the other.",
            discussion: """
                To be started by smpo-mpi, the small program that a site builds with
                its own MPI (Packaging/mpi/smpo-mpi.c), once a rank; without it the
                group is this process alone.

                The ranks compare their programs' digests and contracts; send eight
                bytes from each to each a hundred times; send --megabytes from each
                to each, and look at every byte that arrives; and add sixteen lanes
                of numbers as a step's gradients are added, which must give the bits
                of one process. Whatever is wrong is said with the rank and its
                host. Rank 0 prints what was found. The kernels of each machine are
                not looked at: `smpo doctor` does that.

                EXAMPLES
                  mpirun -np 4 smpo-mpi smpo ranks check
                  srun -K --mpi=pmix -n 8 smpo-mpi smpo ranks check --megabytes 256

                \(ExitStatus.help([.success, .trouble, .usage]))
                """)

        @Option(help: "Megabytes (of 2^20 bytes) that each rank sends to each other one.")
        var megabytes = 16

        @Option(help: "Seconds after which a rank that says nothing is given up.")
        var limit = 600

        @Flag(help: "Print the result as JSON.")
        var json = false

        func validate() throws {
            for (option, value, most) in [("--megabytes", megabytes, 1 << 20), ("--limit", limit, 1 << 30)]
            where !(1...most).contains(value) {
                throw ValidationError("\(option): expected a number from 1 to \(most), found \(value)")
            }
        }

        func run() throws {
            let group = try RankGroups.here()
            group.limit = .seconds(limit)
            let program = try RankGroups.requireSameProgram(group)
            let report = try GroupCheck(group).run(same: [("--megabytes", "\(megabytes)")], bytes: megabytes << 20)
            if group.rank == 0 { show(report, program) }
            try group.close()
        }

        private func show(_ report: GroupCheck.Report, _ program: Digest) {
            let others = report.hosts.count - 1
            let rate = others > 0 ? Double(others * report.bytes) / report.seconds : nil
            guard !json else {
                let value: JSONValue = [
                    "schema": 1, "ranks": .integer(report.hosts.count),
                    "hosts": .array(report.hosts.map { .string($0) }),
                    "program": .digest(program), "contract": .string(Contract.standard.rawValue),
                    "round_trip_seconds": .decimal(report.roundTrip), "bytes_sent_to_each": .integer(report.bytes),
                    "transfer_seconds": .decimal(report.seconds),
                    "bytes_per_second": rate.map { .decimal($0.rounded()) } ?? .null,
                    "lanes": .integer(report.lanes), "sum": .digest(report.sum),
                ]
                return print(value.pretty)
            }
            print("ranks       \(report.hosts.count)")
            for (rank, host) in report.hosts.enumerated() { print("  rank \(rank)    \(host)") }
            print("program     \(program), the same on all")
            print("contract    \(Contract.standard.rawValue)")
            if let rate {
                print(String(format: "round trip  %.0f µs, the median of the slowest rank", report.roundTrip * 1e6))
                print(
                    String(
                        format: "transfer    %.0f MiB sent by each rank in %.3f s: %.0f MiB/s; every byte arrived",
                        Double(others * report.bytes) / 0x1p20, report.seconds, rate / 0x1p20))
            } else {
                print("transfer    none: this process is alone (start it by smpo-mpi)")
            }
            print("sum         \(report.lanes) lanes over \(report.hosts.count) ranks have the bits of one process")
        }
    }
}
