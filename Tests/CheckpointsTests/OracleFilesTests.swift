import Foundation
import Testing

@testable import Checkpoints

/// Reads every safetensors file under the folder that `SMPO_ORACLES` names, where it is set.
struct OracleFilesTests {
    static let folder = ProcessInfo.processInfo.environment["SMPO_ORACLES"]

    @Test(.enabled(if: folder != nil)) func allFilesAreReadAndWrittenTheSame() throws {
        let folder = try #require(Self.folder)
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let files = all.filter { $0.hasSuffix(".safetensors") }.sorted()
        #expect(!files.isEmpty)
        for name in files {
            let path = folder + "/" + name
            let file = try Checkpoint(safetensors: path)
            try file.requireFinite()
            let tensors = try file.names.map { (name: $0, tensor: try file.tensor(named: $0)) }
            let metadata = Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) })
            #expect(
                try Safetensors.encode(tensors: tensors, metadata: metadata)
                    == Array(Data(contentsOf: URL(filePath: path))), "\(name)")
        }
    }
}
