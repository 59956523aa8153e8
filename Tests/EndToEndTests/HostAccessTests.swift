import Core
import Foundation
import Testing

/// Which files outside the devices read or write a tensor's numbers in the host's memory. On a device with a memory of its
/// own each of them has to copy first, so a new one must be argued for here; a loop in a step should be an operation.
@Suite struct HostAccessTests {
    /// How often a file names `hostValues` or the base of a tensor's storage, and why it may.
    private static let places: [(file: String, count: Int, why: String)] = [
        ("Audit/Band/RecordedStep.swift", 1, "reads values from the ledger"),
        ("Audit/Walk/KeptGradients.swift", 1, "reads kept gradients from files"),
        ("Checkpoints/Adapters/AdapterConversion.swift", 2, "writes a scale"),
        ("Checkpoints/Adapters/LowRankAdapter.swift", 2, "reads a file's adapter to merge it"),
        ("Checkpoints/Adapters/MergedWeight.swift", 4, "merges a file's weight in Float64"),
        ("Checkpoints/Adapters/PlacedModule.swift", 1, "says a scale in a digest"),
        ("Checkpoints/CheckpointNumbers.swift", 1, "aligns what a file holds unaligned"),
        ("Checkpoints/CheckpointTensor.swift", 1, "reads the bytes of a tensor like a file's"),
        ("Checkpoints/Conversion/ConvertedTensor.swift", 1, "lays a file's rows and axes out anew"),
        ("Checkpoints/FloatConversion.swift", 3, "widens and narrows what files hold"),
        ("Checkpoints/OpenFile.swift", 1, "lets pages of a file go, and reads none"),
        ("Comparison/RelativeDistance.swift", 3, "measures recorded gradients in Float64"),
        ("Compute/KnownAnswers/KnownAnswerFunctions.swift", 1, "shows kernels that are no operation"),
        ("Compute/Tensor.swift", 6, "says what the values are"),
        ("Datasets/LatentSet/LatentSetRows.swift", 2, "reads and writes the rows of files"),
        ("Diffusion/Adapters/AdapterFiles.swift", 1, "writes adapters as other programs scale them"),
        ("Diffusion/Adapters/LowRankUpdate.swift", 3, "merges adapters in Float64 to write them"),
        ("Diffusion/Layers/ParameterRequest.swift", 1, "draws new weights, once a run"),
        ("Training/Lanes/LaneScratch.swift", 1, "reads sums of lanes from a file"),
        ("Training/Parity/ParityTask.swift", 2, "makes integers and bytes for a file"),
        ("Training/Ranks/LaneCollection.swift", 1, "sends to other ranks, and takes from them"),
    ]

    private static func count(_ text: String) -> Int {
        guard text.contains("hostValues") || text.contains("storage.base") else { return 0 }
        let access = /\bhostValues\b|\bstorage\.base\b/.wordBoundaryKind(.simple)
        return text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            .reduce(0) { $0 + $1.matches(of: access).count }
    }

    @Test func everyAccessToTheHostsMemoryHasAReason() throws {
        let sources = "\(SourceTree.root)/Sources"
        let files = try #require(FileManager.default.enumerator(atPath: sources)).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Compute/Devices/") }
        #expect(files.count > 400)
        var found: [String: Int] = [:]
        for file in files {
            let count = Self.count(try SourceTree.text("Sources/\(file)"))
            if count > 0 { found[file] = count }
        }
        let known = Dictionary(uniqueKeysWithValues: Self.places.map { ($0.file, $0.count) })
        for (file, count) in found.sorted(by: { $0.key < $1.key }) {
            #expect(count == known[file, default: 0], "\(file)")
        }
        #expect(Set(known.keys).subtracting(found.keys).isEmpty, "files that no longer read the host's memory")
    }

    @Test func accessesAreFound() {
        #expect(Self.count("let x = tensor.hostValues[0] + (y.storage.base + 4).load(as: Float.self)") == 2)
        #expect(Self.count("    /// `hostValues`\n// storage.base\nlet base = storage.baseline") == 0)
    }
}
