import Core
import Foundation
import Testing

/// A library that stands between the program and the disk and cuts the power: see `PowerCut/powercut.c`.
struct PowerCut {
    private let library: String

    /// Builds the library in the folder of a sandbox.
    init(in sandbox: Sandbox) throws {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/PowerCut/powercut.c"
        library = sandbox.runs.path("powercut.so")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["clang", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-o", library]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    /// Runs the program in a sandbox with the library before it, told by variables `POWERCUT_…` what to do.
    func run(_ arguments: [String], in sandbox: Sandbox, _ variables: [String: String]) throws -> Program.Result {
        let environment = ["LD_PRELOAD": library, "POWERCUT_ROOT": sandbox.runs.folder]
        return try sandbox.program.start(arguments, environment: environment.merging(variables) { $1 }).wait()
    }

    /// The number of changes that a whole run of the program makes below the sandbox's folder.
    func changes(_ arguments: [String], in sandbox: Sandbox) throws -> Int {
        let path = sandbox.runs.path("count")
        let result = try run(arguments, in: sandbox, ["POWERCUT_COUNT": path])
        try #require(result.status == 0, "\(result.errors)")
        let text = String(decoding: try FileContents.read(path), as: UTF8.self)
        return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
}
