import Core

/// What a folder of tasks is about: the file `job.json`. Its digest is the folder's identity, and every result names it.
package struct JobDescription: Sendable {
    /// What asks: `audit`, `self-test`, `gate`, `ablation`, `eval`, `encode`.
    package let kind: String
    /// What the one who gathers has to know to make a report of the results.
    package let request: JSONValue
    /// The evidence that the tasks are about: digests by name, such as the inputs of a run and its chain head.
    package let evidence: [String: Digest]
    /// The program that runs the tasks, and the contract by which it computes.
    package let program: Digest, contract: String
    /// The tasks; a task's number is its place.
    package let tasks: [Job]

    package init(
        kind: String, request: JSONValue, evidence: [String: Digest], program: Digest, contract: String, tasks: [Job]
    ) {
        self.kind = kind
        self.request = request
        self.evidence = evidence
        self.program = program
        self.contract = contract
        self.tasks = tasks
    }

    /// The digest of the canonical form.
    package var digest: Digest { .of(.document, json) }

    /// Its form in the file.
    package var json: JSONValue {
        [
            "schema": 1, "kind": .string(kind), "request": request, "program": .digest(program),
            "contract": .string(contract),
            "evidence": .object(JSONObject(evidence.map { ($0.key, .digest($0.value)) })),
            "tasks": .array(tasks.map(\.json)),
        ]
    }

    /// Reads the form in the file. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let schema = try cursor["schema"].int()
        guard schema == 1 else { throw try cursor["schema"].error(expected: "1", found: "\(schema)") }
        try cursor.requireOnly(["schema", "kind", "request", "program", "contract", "evidence", "tasks"])
        guard let request = try cursor["request"].value else {
            throw try cursor["request"].error(expected: "a request")
        }
        self.init(
            kind: try cursor["kind"].string(), request: request,
            evidence: Dictionary(
                uniqueKeysWithValues: try cursor["evidence"].members().map { ($0.key, try $0.value.digest()) }),
            program: try cursor["program"].digest(), contract: try cursor["contract"].string(),
            tasks: try cursor["tasks"].elements().map { try Job(json: $0) })
        guard !tasks.isEmpty else { throw try cursor["tasks"].error(expected: "a task", found: "none") }
        for (number, task) in tasks.enumerated() {
            // In order of their numbers, all can be run.
            guard let other = task.after.first(where: { !(0..<number).contains($0) }) else { continue }
            throw try cursor["tasks"].error(expected: "a task after earlier ones", found: "\(number) after \(other)")
        }
    }
}

extension Job {
    /// All that determines it, and its key.
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "cores": .integer(cores), "key": .digest(key),
            "sources": .array(sources.map { .digest($0) }),
            "commands": .array(
                commands.map { command in
                    var object: JSONObject = ["arguments": .array(command.arguments.map { .string($0) })]
                    if !command.environment.isEmpty {
                        object["environment"] = .object(
                            JSONObject(command.environment.map { ($0.key, .string($0.value)) }))
                    }
                    return .object(object)
                }),
        ]
        if !files.isEmpty {
            object["files"] = .array(files.map { ["path": .string($0.path), "text": .string($0.text)] })
        }
        object["run"] = run.map { .string($0) }
        object["place"] = place?.json
        object["may_differ"] = mayDiffer.isEmpty ? nil : .array(mayDiffer.map { .string($0) })
        object["after"] = after.isEmpty ? nil : .array(after.map { .integer($0) })
        return .object(object)
    }

    fileprivate init(json cursor: JSONCursor) throws {
        self.init(
            try cursor["name"].string(), on: try cursor["sources"].elements().map { try $0.digest() },
            cores: try cursor["cores"].int(),
            files: try cursor["files"].present?.elements().map { (try $0["path"].string(), try $0["text"].string()) }
                ?? [],
            run: try cursor["run"].present?.string(),
            after: try cursor["after"].present?.elements().map { try $0.int() } ?? [],
            try cursor["commands"].elements().map { command in
                Command(
                    try command["arguments"].elements().map { try $0.string() },
                    environment: Dictionary(
                        uniqueKeysWithValues: try command["environment"].present?.members().map {
                            ($0.key, try $0.value.string())
                        } ?? []))
            })
        place = try cursor["place"].present.map { try TaskPlace(json: $0) }
        mayDiffer = try cursor["may_differ"].present?.elements().map { try $0.string() } ?? []
        let stated = try cursor["key"].digest()
        guard key == stated else { throw try cursor["key"].error(expected: key.hex, found: stated.hex) }
    }
}
