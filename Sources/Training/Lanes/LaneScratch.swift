import Compute
import Core
import Foundation

/// A file without a name in which sums of lanes wait, where there is not the memory for them. It is gone with the process.
package final class LaneScratch {
    /// The folder on whose volume it lies.
    private let folder: String
    private let descriptor: Int32
    /// Bytes that are of use.
    private(set) var end = 0

    /// A new file on the volume of `folder`, which is there.
    /// - Throws: `FileError`.
    package init(in folder: String) throws {
        self.folder = folder
        let path = "\(folder)/lanes-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(operation: "make a file in", path: folder, code: errno) }
        unlink(path)
    }

    deinit { close(descriptor) }

    /// The folder in which a run's own files are, made if it is missing. A temporary folder may lie in memory.
    static func folder() throws -> String {
        try FileContents.makeFolder(".smpo")
        return ".smpo"
    }

    /// Appends the values of a tensor, wherever they lie.
    /// - Throws: `FileError`, such as of a full disk.
    func append(_ tensor: Tensor) throws {
        try tensor.eachPiece { piece in
            var rest = piece[...]
            while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                let count = pwrite(descriptor, base, rest.count, off_t(end))
                if count < 0 {
                    if errno == EINTR { continue }
                    throw FileError(operation: "keep sums of lanes in", path: folder, code: errno)
                }
                end += count
                rest = rest.dropFirst(count)
            }
        }
    }

    /// The values that begin at byte `offset`, as a Float32 tensor on the host.
    /// - Throws: `FileError`, also where the file ends too early.
    func read(_ shape: [Int], at offset: Int) throws -> Tensor {
        let tensor = Tensor(uninitialized: shape)
        try withExtendedLifetime(tensor.storage) {
            let target = UnsafeMutableRawBufferPointer(start: tensor.storage.base, count: tensor.byteCount)
            var done = 0
            while done < target.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
                let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    throw FileError(operation: "read sums of lanes in", path: folder, code: count < 0 ? errno : EIO)
                }
                done += count
            }
        }
        return tensor
    }

    /// Forgets all from byte `offset` on, and gives its room back.
    /// - Throws: `FileError`.
    func cut(at offset: Int) throws {
        guard ftruncate(descriptor, off_t(offset)) == 0 else {
            throw FileError(operation: "cut a file in", path: folder, code: errno)
        }
        end = offset
    }
}
