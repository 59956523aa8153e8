import Core
import Foundation

/// The digests of a golden run's tensors: `names.json`, an object from the digests of lists of names to the lists, and
/// `tensors.bin`, the 32 bytes of each digest, step by step, in a step by phase, in a phase by name. Which phases have
/// how many, under which names, the records of the log say, and they commit to the digests.
struct GoldenTensors {
    /// The paths of the two files.
    let namesPath: String, digestsPath: String
    private let run: String
    private let names: [Digest: [String]]
    private let file: FileHandle
    private let size: Int

    static func paths(_ folder: String) -> (names: String, digests: String) {
        (folder + "/names.json", folder + "/tensors.bin")
    }

    /// Opens the files of a folder; nil where neither is there. - Throws: `FileError`, `TamperError`.
    init?(folder: String, run: String) throws {
        self.run = run
        (namesPath, digestsPath) = GoldenTensors.paths(folder)
        guard FileContents.exists(namesPath) || FileContents.exists(digestsPath) else { return nil }
        // One without the other tells nothing, and somebody has taken it away.
        for path in [namesPath, digestsPath] where !FileContents.exists(path) {
            throw TamperError(
                file: path, run: run, step: nil, field: "presence",
                expected: "names.json and tensors.bin, or neither", found: "no such file")
        }
        do {
            var names: [Digest: [String]] = [:]
            let cursor = JSONCursor(try JSONValue.read(namesPath), name: "names", file: namesPath)
            for (key, list) in try cursor.members() {
                let list = try list.elements().map { try $0.string() }
                let found = TensorList.digest(ofNames: list)
                guard found.hex == key else {
                    throw TamperError(
                        file: namesPath, run: run, step: nil, field: "names", expected: key, found: found.hex)
                }
                names[found] = list
            }
            self.names = names
        } catch let error where error is JSONShapeError || error is JSONSyntaxError {
            throw TamperError(
                file: namesPath, run: run, step: nil, field: "names", expected: "lists of names", found: "\(error)")
        }
        guard let file = FileHandle(forReadingAtPath: digestsPath), let size = FileContents.size(digestsPath) else {
            throw FileError(operation: "open", path: digestsPath, code: errno)
        }
        (self.file, self.size) = (file, size)
    }

    /// The number of bytes that the digests of a step take.
    static func byteCount(_ record: StepRecord) -> Int {
        record.phases.reduce(0) { sum, phase in
            // A count that no file could hold must not overflow.
            let (bytes, overflow) = (phase.tensors?.count ?? 0).multipliedReportingOverflow(by: Digest.byteCount)
            return overflow || sum > Int.max / 2 - min(bytes, Int.max / 2) ? Int.max / 2 : sum + bytes
        }
    }

    /// The tensors of a step whose digests begin at `offset`, held against what the record commits to.
    func tensors(_ record: StepRecord, at offset: Int) throws -> [Phase: TensorList] {
        let count = GoldenTensors.byteCount(record)
        guard offset + count <= size else {
            throw tampered(record.step, "size", "at least \(offset + count) bytes", "\(size)")
        }
        guard count > 0 else { return [:] }
        let bytes: [UInt8]
        do {
            try file.seek(toOffset: UInt64(offset))
            bytes = Array(try file.read(upToCount: count) ?? Data())
        } catch {
            throw FileError(operation: "read", path: digestsPath, code: EIO)
        }
        guard bytes.count == count, let all = Digest.list(bytes: bytes) else {
            throw FileError(operation: "read", path: digestsPath, code: EIO)
        }
        var (result, place): ([Phase: TensorList], Int) = ([:], 0)
        for phase in record.phases {
            guard let commitment = phase.tensors else { continue }
            guard let names = names[commitment.names], names.count == commitment.count else {
                throw TamperError(
                    file: namesPath, run: run, step: record.step, field: "names",
                    expected: "\(commitment.count) names with the digest \(commitment.names)", found: "none")
            }
            let digests = Array(all[place..<place + names.count])
            place += names.count
            let root = MerkleTree.root(leaves: digests)
            guard root == commitment.root else {
                throw tampered(record.step, phase.phase.rawValue, commitment.root.hex, root.hex)
            }
            result[phase.phase] = TensorList(names: names, digests: digests)
        }
        return result
    }

    /// Checks that nothing follows the last step.
    func requireEnd(_ offset: Int) throws {
        guard offset == size else { throw tampered(nil, "size", "\(offset) bytes", "\(size)") }
    }

    private func tampered(_ step: Int?, _ field: String, _ expected: String, _ found: String) -> TamperError {
        TamperError(file: digestsPath, run: run, step: step, field: field, expected: expected, found: found)
    }
}
