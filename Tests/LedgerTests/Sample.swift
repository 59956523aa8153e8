import Core
import Foundation
import Ledger
import Testing

/// The small run of `Fixtures/make_known_run.py`, and places to keep it.
enum Sample {
    static func known(_ here: String = #filePath) throws -> JSONCursor {
        let path = URL(fileURLWithPath: here).deletingLastPathComponent().path + "/Fixtures/known_run.json"
        return JSONCursor(try JSONValue.read(path), name: "known", file: path)
    }

    static func records() throws -> [StepRecord] {
        try known()["steps"].elements().map { step in
            let json = try JSONValue.parse(try step["record"].string(), file: "fixture")
            return try StepRecord(json: JSONCursor(json, name: "record"))
        }
    }

    /// The tensors to which the records commit, with the values of `make_known_run.py`.
    static func traces() throws -> [StepTrace] {
        try records().map { record in
            func tensor(_ name: String, _ values: [Float], _ shape: [Int]) -> (name: String, digest: Digest) {
                (name, values.withUnsafeBytes { Digest.tensor(name: name, dtype: "F32", shape: shape, bytes: $0) })
            }
            let step = Float(record.step)
            let gradients = (0..<3).map { tensor("layer.\($0).weight", [Float($0), step], [2]) }
            return StepTrace(
                record: record,
                tensors: [
                    .inversion: try TensorList([tensor("latent.0", [1, 2, 3, step], [2, 2])]),
                    .gradient: try TensorList(gradients),
                ])
        }
    }

    static func inputs() throws -> ManifestInputs {
        let json = try JSONValue.parse(try known()["inputs"].string(), file: "fixture")
        return try ManifestInputs(json: JSONCursor(json, name: "inputs"))
    }

    static let circumstances = ManifestCircumstances(
        isa: "avx2", workers: 2, build: "debug", versions: ["openblas": "0.3.21"], host: "test")

    static let weights = Digest.of(.document, "weights")

    /// A folder that is removed after `body`.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = NSTemporaryDirectory() + "ledger-\(UUID().uuidString)"
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(folder)
    }

    /// A ledger with the whole run, finished; gives its manifest.
    @discardableResult
    static func record(into store: LedgerStore, name: String? = nil) throws -> Manifest {
        let recorder = try store.createRun(inputs: inputs(), circumstances: circumstances, name: name)
        for step in try traces() { try recorder.append(step) }
        return try recorder.finish(weightsDigest: weights)
    }

    /// Changes one byte of a file in place (rewriting a file thousands of times would wait for the disk).
    static func patch(_ path: String, _ offset: Int, _ byte: UInt8) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [byte])
        try file.close()
    }

    /// What `sqlite3 FILE SQL` prints, without the last line feed.
    static func sqlite(_ path: String, _ sql: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = [path, sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "sqlite3 \(sql)")
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}
