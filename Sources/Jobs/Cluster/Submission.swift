import Core

/// An array of tasks that a scheduler was given, or was about to be given: an entry of the file `engine.json` of a job's folder.
///
/// It is written down before it is submitted, under a name that no other has: so the next command finds what one that was ended
/// at whatever moment left with the scheduler.
struct Submission: Sendable, Equatable {
    /// The name under which the scheduler knows it.
    let name: String
    /// What has to be added to a member's index for the task.
    let offset: Int
    /// The scheduler's number; nil where it had not given one when this was written.
    var job: String?

    /// A submission with a new name.
    init(of folder: JobFolder, offset: Int) {
        let own = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        self.init(name: "smpo-\(folder.digest.hex.prefix(8))-\(own)", offset: offset)
    }

    init(name: String, offset: Int, job: String? = nil) {
        (self.name, self.offset, self.job) = (name, offset, job)
    }

    private static func file(of folder: JobFolder) -> String { "\(folder.path)/engine.json" }

    /// What was submitted for `folder`; empty where nothing was. - Throws: `FileError`, `JSONSyntaxError`, `JSONShapeError`.
    static func all(of folder: JobFolder) throws -> [Submission] {
        let file = file(of: folder)
        guard FileContents.exists(file) else { return [] }
        let cursor = JSONCursor(try JSONValue.read(file), name: "engine", file: file)
        let schema = try cursor["schema"].int()
        guard schema == 1 else { throw try cursor["schema"].error(expected: "1", found: "\(schema)") }
        let job = try cursor["job"].digest()
        guard job == folder.digest else {
            throw try cursor["job"].error(expected: folder.digest.hex, found: job.hex)
        }
        return try cursor["submissions"].elements().map {
            Submission(
                name: try $0["name"].string(), offset: try $0["offset"].int(), job: try $0["job"].present?.string())
        }
    }

    /// Writes this one down for `folder`, in place of what stands there under its name. - Throws: as `all` does.
    func note(in folder: JobFolder) throws {
        // Another command may have written meanwhile. Two at one moment lose an entry: its tasks are then given out twice.
        var all = try Submission.all(of: folder)
        if let place = all.firstIndex(where: { $0.name == name }) { all[place] = self } else { all.append(self) }
        let value: JSONValue = [
            "schema": 1, "job": .digest(folder.digest), "submissions": .array(all.map(\.json)),
        ]
        try AtomicFile.write(value.pretty + "\n", to: Submission.file(of: folder))
    }

    private var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "offset": .integer(offset)]
        object["job"] = job.map { .string($0) }
        return .object(object)
    }
}
