import Core

/// What a site wants said, in a YAML file:
///
///     partition: cpu
///     account: project-7
///     qos: normal
///     cores: 8
///     memory_mib: 16000
///     minutes: 30
///     at_once: 16
///     program: /shared/bin/smpo
///     setup:
///       - module load smpo
///     arguments: [--constraint=icelake]
struct ClusterProfile: Equatable {
    var partition: String?, account: String?, qos: String?
    /// Of a task; nil for what the program plans.
    var cores: Int?, memoryMiB: Int?, minutes: Int?
    /// Tasks at a time.
    var atOnce: Int?
    /// The program's path on the machines.
    var program: String?
    /// Lines of the shell before a task.
    var setup: [String] = []
    /// Further options of the scheduler.
    var arguments: [String] = []

    /// A site that wants nothing said.
    init() {}

    /// Reads a profile. Unknown keys are errors with line, column and the nearest name. - Throws: `SettingsError`, `FileError`.
    static func read(_ path: String) throws -> ClusterProfile { try ClusterProfile(SettingsDocument.read(path)) }

    /// Reads a profile from its text; `file` stands in errors. - Throws: `SettingsError`.
    static func parse(_ text: String, file: String) throws -> ClusterProfile {
        try ClusterProfile(SettingsDocument.parse(text, file: file))
    }

    private init(_ document: SettingsNode) throws {
        let root = try SettingsSection(
            root: document,
            keys: [
                "partition", "account", "qos", "cores", "memory_mib", "minutes", "at_once", "program", "setup",
                "arguments",
            ])
        func string(_ key: String) throws -> String? { try root[key].optional { try $0.text() } }
        func number(_ key: String) throws -> Int? {
            try root[key].optional { try $0.int(1...1_000_000_000) }
        }
        partition = try string("partition")
        account = try string("account")
        qos = try string("qos")
        cores = try number("cores")
        memoryMiB = try number("memory_mib")
        minutes = try number("minutes")
        atOnce = try number("at_once")
        program = try string("program")
        setup = try root["setup"].list(of: "lines of the shell")?.map { try $0.text() } ?? []
        arguments = try root["arguments"].list(of: "options of the scheduler")?.map { try $0.text() } ?? []
    }
}
