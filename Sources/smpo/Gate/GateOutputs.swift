import ArgumentParser
import Audit
import Core
import Foundation
import Ledger

/// The files and streams to which the forms of a gate's report are written.
struct GateOutputs {
    private let formats: [GateFormat]
    private let summary: String?

    /// The formats that were asked for; without any, a text, on GitHub Actions with annotations, and there with the
    /// step's summary in any case. Nothing goes into `Golden`. - Throws: `ValidationError`.
    init(_ formats: [GateFormat], _ environment: GateEnvironment, _ workspace: Workspace) throws {
        let usual = environment.isGitHub ? [GateFormat(.github), GateFormat(.text)] : [GateFormat(.text)]
        self.formats = formats.isEmpty ? usual : formats
        summary = environment.stepSummary
        let shown = self.formats.filter { $0.file == nil }
        if shown.count > 1, let document = shown.first(where: { $0.form.isDocument }) {
            throw ValidationError(
                "--format \(document.form.rawValue) is a document of its own on standard output; write it or the others "
                    + "into files: FORMAT=FILE")
        }
        let golden = URL(fileURLWithPath: workspace.golden).standardizedFileURL.resolvingSymlinksInPath().path
        for format in self.formats {
            guard let file = format.file else { continue }
            let folder = URL(fileURLWithPath: file).standardizedFileURL.deletingLastPathComponent()
                .resolvingSymlinksInPath().path
            guard folder != golden, !folder.hasPrefix(golden + "/") else {
                throw ValidationError("--format \(format.form.rawValue)=\(file): the gate writes nothing into Golden/")
            }
            try OutputFile("--format \(format.form.rawValue)", file).require(sparing: [], workspace)
        }
    }

    /// Writes the report in all its forms. - Throws: `FileError`.
    func write(_ report: GateReport) throws {
        for format in formats {
            let text = try format.form.text(of: report)
            if let file = format.file {
                try AtomicFile.write(text, to: file)
            } else {
                print(text, terminator: "")
            }
        }
        if let summary { try append(try GateFormat.Form.markdown.text(of: report), to: summary) }
    }

    /// Other steps' parts of the summary stand in the same file.
    private func append(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        var before = stat()
        let isFile = fstat(descriptor, &before) == 0 && before.st_mode & S_IFMT == S_IFREG
        guard Array(text.utf8).withUnsafeBytes({ Descriptor.write($0, to: descriptor) }) else {
            let error = FileError(operation: "write", path: path, code: errno)
            // Rather no part than half of one.
            if isFile { _ = ftruncate(descriptor, before.st_size) }
            throw error
        }
    }
}
