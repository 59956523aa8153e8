import Core

/// Results of jobs as files, each under a key that stands for all that determines it: the job's own, which has its inputs,
/// the program that ran its commands, and the contract by which that computes. What is done already is only read; what
/// another program, contract or recipe came to is never found.
///
/// They are kept of work that builds on its inputs alone: an ablation's jobs, a calibration's measurements. The verdict of a
/// gate or on a segment is not: a run, its data and its folder may have changed since, and nobody would have looked at them.
package struct KeptResults {
    /// The folder of the jobs.
    package let folder: String
    /// The program that runs the commands.
    package let program: Digest
    /// The contract by which it computes.
    package let contract: String

    package init(folder: String, program: Digest, contract: String) {
        self.folder = folder
        self.program = program
        self.contract = contract
    }

    private func key(of job: Job) -> Digest {
        .of(
            .document,
            [
                "schema": 2, "job": .digest(job.key), "program": .digest(program), "contract": .string(contract),
            ])
    }

    private func file(of job: Job) -> String { "\(folder)/results/\(job.name)-\(key(of: job).hex.prefix(8)).json" }

    /// The ends of a job's commands, if they are kept. - Throws: `FileError`, `JSONSyntaxError`, `JSONShapeError` where the file
    /// holds another result.
    package func endings(of job: Job) throws -> [CommandEnding]? {
        let file = file(of: job)
        guard FileContents.exists(file) else { return nil }
        let cursor = JSONCursor(try JSONValue.read(file), name: "result", file: file)
        // The file's name holds the key's first digits only.
        let (expected, found) = (key(of: job), try cursor["key"].digest())
        guard found == expected else { throw try cursor["key"].error(expected: expected.hex, found: found.hex) }
        let outputs = try cursor["outputs"].elements().compactMap(\.value)
        guard outputs.count == job.commands.count else {
            throw try cursor["outputs"].error(
                expected: "\(job.commands.count) outputs, one for each command", found: "\(outputs.count)")
        }
        return zip(job.commands, outputs).map { command, output in
            let text = if case .string(let text) = output { text } else { output.canonical }
            return CommandEnding(command, .exit(0), output: Array(text.utf8))
        }
    }

    /// Keeps what a job's commands printed, where each of them ended well. - Throws: `FileError`;
    /// `JSONSyntaxError` for JSON that is none.
    package func keep(_ endings: [CommandEnding], of job: Job) throws {
        guard endings.allSatisfy({ $0.exitCode == 0 }) else { return }
        let value: JSONValue = [
            "schema": 2, "key": .digest(key(of: job)), "job": .digest(job.key), "program": .digest(program),
            "contract": .string(contract),
            "commands": .array(job.commands.map { .string($0.arguments.joined(separator: " ")) }),
            "outputs": .array(try endings.map { try $0.value() }),
        ]
        try AtomicFile.write(value.pretty + "\n", to: file(of: job))
    }
}
