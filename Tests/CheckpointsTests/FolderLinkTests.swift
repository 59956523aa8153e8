import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

/// Folders that are linked, and files that are to be left out though others list them.
@Suite struct FolderLinkTests {
    private func put(_ folder: ScratchFolder, _ name: String, _ bytes: [UInt8]) throws {
        let path = folder.path + "/" + name
        try FileContents.makeFolder(ModelDirectory.folder(of: path))
        try AtomicFile.write(bytes, to: path)
    }

    private func weights(_ name: String) throws -> [UInt8] {
        try Safetensors.encode(tensors: [(name, Tensor([1], shape: [1]))])
    }

    /// Nine folders, each with links to the others, have more than a million paths.
    @Test func linksBetweenFoldersAreNotFollowedForEver() throws {
        let folder = try ScratchFolder()
        for name in 0..<9 {
            try put(folder, "\(name)/model.safetensors", try weights("w"))
            for other in 0..<9 where other != name {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder.path)/\(name)/\(other)", withDestinationPath: "../\(other)")
            }
        }
        let error = checkpointError { _ = try Checkpoint(opening: folder.path) }
        #expect(error?.problem == "links between folders lead to the same folders along too many paths")
    }

    /// A link's content is read under the link's name, for it is another where the link leads elsewhere.
    @Test func aLinkedFolderIsReadAgain() throws {
        let folder = try ScratchFolder()
        try put(folder, "unet/model.safetensors", try weights("w"))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/unet2", withDestinationPath: "unet")
        #expect(try Checkpoint(opening: folder.path).tensors.map(\.name) == ["unet/w", "unet2/w"])
    }

    @Test(arguments: ["", "unet/"]) func aShardThatIsLeftOutIsAnError(prefix: String) throws {
        let folder = try ScratchFolder()
        for name in ["a", "b"] { try put(folder, "\(prefix)model-\(name).safetensors", try weights(name)) }
        let index = #"{"weight_map": {"a": "model-a.safetensors", "b": "model-b.safetensors"}}"#
        try put(folder, prefix + "model.safetensors.index.json", Array(index.utf8))
        #expect(try Checkpoint(opening: folder.path).tensors.count == 2)
        let error = checkpointError { _ = try Checkpoint(opening: folder.path, ignoring: [prefix + "model-a*"]) }
        #expect(error?.kind == .shard && error?.problem == "it lists a file that is to be left out")
    }

    @Test func aPartOfAGGUFFileThatIsLeftOutIsAnError() throws {
        let folder = try ScratchFolder()
        for name in GGUFPartTests.names { try put(folder, name, try FileContents.read(fixtures + "/" + name)) }
        for name in GGUFPartTests.names {
            let error = checkpointError { _ = try Checkpoint(opening: folder.path, ignoring: [name]) }
            #expect(error?.problem == "it lists a file that is to be left out", "\(name)")
        }
    }
}
