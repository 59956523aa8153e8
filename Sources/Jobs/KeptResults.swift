import Core

/// Results of jobs as files, each under its job's key: what is done already is only read. All are of one contract.
package struct KeptResults {
    /// The folder of the jobs.
    package let folder: String
    /// The contract by which the commands compute.
    package let contract: Contract

    package init(folder: String, contract: Contract) { (self.folder, self.contract) = (folder, contract) }

    private func file(of job: Job) -> String { "\(folder)/results/\(job.name)-\(job.key.hex.prefix(8)).json" }

    /// The result that is kept of a job, if there is one. - Throws: `FileError`, `JSONError`, `JSONShapeError` where it
    /// is another job's, `ContractDifference` where it is of another contract.
    package func result(of job: Job) throws -> JSONCursor? {
        let file = file(of: job)
        guard FileContents.exists(file) else { return nil }
        let cursor = JSONCursor(try JSONValue.read(file), name: "result", file: file)
        // The file's name holds the key's first digits only.
        let key = try cursor["key"].digest()
        guard key == job.key else { throw try cursor["key"].error(expected: job.key.hex, found: key.hex) }
        // Results that name no contract are from before there could be another.
        let recorded = try cursor["contract"].present?.string() ?? Contract.ref1.rawValue
        if let difference = ContractDifference(
            "\(file) was computed", under: recorded, "the other jobs are", under: contract.rawValue)
        {
            throw difference
        }
        return cursor
    }

    /// Keeps what the commands of a job printed.
    package func keep(_ outputs: [JSONValue], of job: Job) throws {
        let value: JSONValue = [
            "schema": 1, "key": .digest(job.key), "contract": .string(contract.rawValue),
            "commands": .array(job.commands.map { .string($0.arguments.joined(separator: " ")) }),
            "outputs": .array(outputs),
        ]
        try AtomicFile.write(value.pretty + "\n", to: file(of: job))
    }
}
