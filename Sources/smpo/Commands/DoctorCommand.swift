import ArgumentParser
import Compute
import Core
import Ledger
import Reports

/// `smpo doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Say whether this machine keeps the contract and this folder its records, or what a model's folder holds.",
        discussion: """
            Computes every kernel on fixed inputs, on every instruction set of
            this CPU and with 1, 2, 3 and 7 workers, and compares the results
            with digests that are part of the program: what they say is what an
            audit can count on. With --device the same is asked of a GPU of
            NVIDIA's. Then the devices, the float environment, SHA-256, memory and
            cores; the ledger of this folder, if there is one (the file, and the
            chain of every run; nothing is changed); the golden runs; OpenBLAS,
            which no reference run depends on. It takes seconds and replays
            nothing: `smpo audit` does.

            With --model it looks at the folder of a model instead: of each
            component the class, the file of weights that would be opened with
            its element types, files beside it that would not, and values that
            stand for what a scheduler's or an autoencoder's file does not state;
            what is missing; and what trainings of it would take of memory. It
            reads configurations and headers, no numbers.

            Exit code 3 tells that a digest or a chain link of the ledger or of a
            golden run does not hold, 2 that anything else does not, or that a
            model lacks something.

            EXAMPLES
              smpo doctor
              smpo doctor --json
              smpo doctor --device cuda
              smpo doctor --model models/sd15

            \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
            """)

    @Flag(help: "Print the findings as JSON.")
    var json = false

    @Option(help: "Look at the model in this folder instead.")
    var model: String?

    @Option(help: "With --model: the variant of its files of weights, such as fp16.")
    var variant: String?

    @Option(help: "Ask this device for the known answers, too: cuda or cuda:N.")
    var device = DeviceName.cpu

    func run() throws {
        if let model {
            let report = HealthReport(
                [ModelCheck(folder: model, variant: variant).section],
                praise: "nothing is missing; numbers were not read")
            print(json ? report.json.pretty : report.text)
            return try ExitStatus(report.faults).end()
        }
        let workspace = Workspace()
        let report = HealthReport(
            [
                MachineFacts().section, .kernels(Contract.allCases.flatMap { KnownAnswerCheck.run($0) }),
                DeviceCheck.devices, try DeviceCheck.answers(device), ArithmeticCheck.section,
                LedgerCheck(workspace: workspace).section, GoldenCheck(workspace: workspace).section, openBLAS,
            ].compactMap(\.self))
        print(json ? report.json.pretty : report.text)
        try ExitStatus(report.faults).end()
    }

    private var openBLAS: HealthReport.Section {
        HealthReport.Section(
            "OpenBLAS", key: "openblas",
            value: [
                "version": .string(OpenBLAS.version), "core": .string(OpenBLAS.core),
                "threads": .integer(OpenBLAS.threads), "threading": .string(OpenBLAS.threading),
                "config": .string(OpenBLAS.config),
            ],
            lines: [
                (label: "library", text: OpenBLAS.config),
                (label: "kernels", text: "\(OpenBLAS.core); threads \(OpenBLAS.threads), \(OpenBLAS.threading)"),
            ])
    }
}
