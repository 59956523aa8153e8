import Core

/// The part of a manifest that is recorded and, on the reference backend, not allowed to matter.
package struct ManifestCircumstances: Sendable, Equatable {
    /// The instruction set of the kernels: "baseline", "avx2", "avx512", "neon".
    package var isa: String
    /// The number of worker threads.
    package var workers: Int
    /// The build: "debug" or "release", with a revision where known.
    package var build: String
    /// Versions of libraries and of the program.
    package var versions: [String: String]
    /// The machine: processor, operating system.
    package var host: String
    /// Further members.
    package var other: JSONObject

    /// Circumstances with all their parts.
    package init(
        isa: String, workers: Int, build: String, versions: [String: String] = [:], host: String,
        other: JSONObject = JSONObject()
    ) {
        self.isa = isa
        self.workers = workers
        self.build = build
        self.versions = versions
        self.host = host
        self.other = other
    }

    /// The JSON form.
    package var json: JSONValue {
        var object = other
        object["isa"] = .string(isa)
        object["workers"] = .integer(workers)
        object["build"] = .string(build)
        object["versions"] = .object(JSONObject(versions.map { ($0.key, .string($0.value)) }))
        object["host"] = .string(host)
        return .object(object)
    }

    /// SHA-256 in the domain `smpo/environment/1` over the canonical JSON form.
    package var digest: Digest { .of(.environment, json) }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        var other = try cursor.object()
        for key in ["isa", "workers", "build", "versions", "host"] { other[key] = nil }
        var versions: [String: String] = [:]
        for (key, value) in try cursor["versions"].members() { versions[key] = try value.string() }
        self.init(
            isa: try cursor["isa"].string(), workers: try cursor["workers"].int(), build: try cursor["build"].string(),
            versions: versions, host: try cursor["host"].string(), other: other)
    }
}
