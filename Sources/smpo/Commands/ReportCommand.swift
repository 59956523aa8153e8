import ArgumentParser
import Audit
import Comparison
import Core
import Foundation
import Ledger
import Pages

/// `smpo report`
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show a run, an audit or a difference on one page, in HTML, Markdown and JSON, or in the terminal.",
        discussion: """
            WHAT is the name of a run, or a file with what `smpo audit RUN --json`
            or `smpo diff A B --json` printed. The page says the verdict and what
            was not checked, where the first difference is, how the loss, the
            numbers and the layers part, step by step, which latents come out
            again, and what the run is made of. What the evidence does not have is
            named, with the reason.

            --replay runs all steps of a run again, also after one that differs,
            and shows the recorded beside the replayed. An audit that was made
            with --through has as much in its file. Of two runs that are known in
            this folder every step that both have is compared.

            -o writes three files: FILE.html, FILE.md, and FILE.data.json with all
            numbers, of which this command makes the page again. The page is one
            file below 1 MiB, without scripts and without the network. Equal
            evidence gives equal bytes. Into what is no regular file, such as
            /dev/stdout, goes the page alone.

            EXAMPLES
              smpo report run-42
              smpo report run-1 --replay --samples -o run-1.html
              smpo audit run-1 --json > audit.json
              smpo report audit.json -o audit.html
              smpo diff run-1 run-2 --json > runs.json
              smpo report runs.json -o runs.html
              smpo report run-42 --json

            The exit code is 1, 3 or 4 where this command itself finds so; a page
            on an audit or a difference that was made before ends with 0.

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage]))
            """)

    @Argument(help: ArgumentHelp("A run, or a file of smpo audit --json or smpo diff --json.", valueName: "what"))
    var subject: String

    @Option(
        name: [.customShort("o"), .customLong("out")],
        help: ArgumentHelp("Write the page here, and .data.json and .md beside it.", valueName: "file.html"))
    var out: String?

    @Flag(help: "Run all steps of the run again, and show what came out.")
    var replay = false

    @Flag(help: "Draw pictures by the models before and after the training.")
    var samples = false

    @Flag(help: "Print all numbers as JSON.")
    var json = false

    @OptionGroup var trust: TrustOptions

    @OptionGroup var engineOptions: EngineOptions

    func validate() throws {
        if let out, !OutputTarget.isStream(out), !out.hasSuffix(".html") || out.hasSuffix("/.html") || out == ".html" {
            throw ValidationError("-o: expected the name of a file that ends in .html, found \"\(out)\"")
        }
    }

    func run() throws {
        let workspace = Workspace()
        if let out, !OutputTarget.isStream(out) {
            for file in ReportCommand.files(out) {
                try OutputFile("-o", file).require(sparing: [subject], workspace)
            }
        }
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let composition = PageComposition(drawsSamples: samples, engine: engine)
        let (page, verdict): (Finding, Verdict?)
        switch try CheckpointInput(subject, workspace: workspace) {
        case .run(let run):
            let report = RunReport(
                workspace: workspace, engine: engine, keys: try trust.known(),
                requiresSignature: trust.requireSignature, composition: composition)
            (page, verdict) = try report.page(run, replays: replay)
        case .runCheckpoint(let run, let step):
            throw ValidationError(
                "\(subject) is a checkpoint; expected a run. smpo diff \(run)@step-\(step) OTHER --json compares it")
        case .path(let path):
            // Neither a file nor a known run: the error names the runs.
            if !FileContents.exists(path), RunName.isValid(path) { _ = try Run(path, in: workspace) }
            if replay { throw ValidationError("--replay is for runs; \(path) is a file") }
            (page, verdict) = (try self.page(of: path, workspace, composition), nil)
        }
        try write(page)
        if let verdict { try ExitStatus(verdict).end() }
    }

    /// The page of a file.
    private func page(
        of path: String, _ workspace: Workspace, _ composition: PageComposition
    ) throws -> Finding {
        let cursor = JSONCursor(try JSONValue.read(path), name: "document", file: path)
        if Finding.isFinding(cursor.value) { return try Finding(json: cursor) }
        if CheckpointDifference.isDifference(cursor.value) { return try CheckpointDifference(json: cursor).finding() }
        if RunDifference.isDifference(cursor.value) {
            let difference = try RunDifference(json: cursor)
            let runs =
                try difference.tampering == nil
                ? [difference.left, difference.right].compactMap { try known($0, workspace) } : []
            return try DifferencePage().page(difference, runs)
        }
        guard AuditSummary.isAudit(cursor) else {
            throw cursor.error(
                expected: "what smpo audit RUN --json or smpo diff A B --json prints", found: "another document")
        }
        let audit = try AuditSummary(json: cursor)
        let run = try known(audit.run, workspace)
        return try AuditPage(composition: composition).page(audit, run)
    }

    /// A run, where this folder has it and it holds: a page on an audit is made without it too.
    private func known(_ run: String, _ workspace: Workspace) throws -> Run? {
        guard RunName.isValid(run), case .run = try CheckpointInput(run, workspace: workspace) else { return nil }
        do {
            return try Run(run, in: workspace, keys: try trust.known())
        } catch let error as TamperError {
            Message.note("the record of \(run) is not shown: \(error)")
            return nil
        }
    }

    private func write(_ page: Finding) throws {
        guard let out else {
            return print(json ? page.json.canonical : TextPresenter(usesColour: usesColour).present(page))
        }
        let html = try HTMLPresenter().present(page)
        if OutputTarget.isStream(out) {
            try AtomicFile.write(html, to: out)
            if OutputTarget.isStandardOutput(out) { return }
        } else {
            let files = ReportCommand.files(out)
            for (file, text) in zip(files, [html, page.json.canonical + "\n", MarkdownPresenter().present(page)]) {
                try AtomicFile.write(text, to: file)
            }
            Message.note("\(files[0]), \(files[1]) and \(files[2]) written")
        }
        print(json ? page.json.canonical : "\(page.title): \(page.conclusion?.word ?? "")")
    }

    /// The page, the numbers and the Markdown.
    private static func files(_ out: String) -> [String] {
        let stem = String(out.dropLast(".html".count))
        return [out, stem + ".data.json", stem + ".md"]
    }

    private var usesColour: Bool {
        isatty(1) != 0 && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }
}
