import Core
import Foundation
import Ledger
import Testing

@Suite struct LedgerTroubleTests {
    @Test func aReadOnlyLedgerIsNotWritten() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            #expect(throws: LedgerError.missing(path: path)) { try LedgerStore(path: path, readOnly: true) }
            do { try Sample.record(into: try LedgerStore(path: path)) }
            let before = try Digest.file(path)
            let store = try LedgerStore(path: path, readOnly: true)
            #expect(throws: LedgerError.readOnly(path: path)) {
                try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
            }
            #expect(throws: LedgerError.readOnly(path: path)) { try store.resumeRun("run-1") }
            #expect(throws: LedgerError.readOnly(path: path)) {
                try store.recordAudit(of: "run-1", verdict: "x", report: .null)
            }
            #expect(throws: LedgerError.readOnly(path: path)) { try store.checkpoint() }
            #expect(try store.verify("run-1").chain.count == 3)
            #expect(try Digest.file(path) == before)
        }
    }

    @Test func otherFilesAreNoLedgers() throws {
        try Sample.withFolder { folder in
            let text = folder + "/text.sqlite"
            try AtomicFile.write(String(repeating: "not a database. ", count: 100), to: text)
            let foreign = folder + "/foreign.sqlite"
            _ = try Sample.sqlite(foreign, "CREATE TABLE t (x); PRAGMA user_version = 7")
            let empty = folder + "/empty.sqlite"
            try AtomicFile.write("", to: empty)
            for path in [text, foreign] {
                let before = try Digest.file(path)
                for readOnly in [true, false] {
                    let error = try #require(throws: LedgerError.self) {
                        try LedgerStore(path: path, readOnly: readOnly)
                    }
                    guard case .notALedger(path, _) = error else {
                        Issue.record("\(error)")
                        continue
                    }
                }
                #expect(try Digest.file(path) == before)
            }
            #expect(throws: LedgerError.notALedger(path: empty, detail: "an empty database")) {
                try LedgerStore(path: empty, readOnly: true)
            }
            #expect(throws: LedgerError.self) { try LedgerStore(path: folder) }
            #expect(throws: FileError.self) { try LedgerStore(path: text + "/below/l.sqlite") }
        }
    }

    @Test func aLaterSchemaIsNamedAndLeftAlone() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            do { try Sample.record(into: try LedgerStore(path: path)) }
            _ = try Sample.sqlite(path, "PRAGMA user_version = 99")
            for readOnly in [true, false] {
                #expect(throws: LedgerError.newerSchema(path: path, found: 99, supported: 3)) {
                    try LedgerStore(path: path, readOnly: readOnly)
                }
            }
            _ = try Sample.sqlite(path, "PRAGMA user_version = 1")
            for readOnly in [true, false] {
                #expect(throws: LedgerError.olderSchema(path: path, found: 1, supported: 2)) {
                    try LedgerStore(path: path, readOnly: readOnly)
                }
            }
        }
    }

    @Test func aDamagedFileIsAnErrorAndNeverACrash() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            do {
                let store = try LedgerStore(path: path)
                try Sample.record(into: store)
                try store.checkpoint()
            }
            let source = try FileContents.read(path)
            let clean = try LedgerStore(path: path, readOnly: true).verify("run-1")
            var found = 0
            for index in stride(from: 0, to: source.count, by: 149) {
                try Sample.patch(path, index, source[index] ^ 0x55)
                do {
                    #expect(try LedgerStore(path: path, readOnly: true).verify("run-1") == clean)
                } catch is LedgerError {
                    found += 1
                } catch is TamperError {
                    found += 1
                }
                try Sample.patch(path, index, source[index])
            }
            #expect(try LedgerStore(path: path, readOnly: true).verify("run-1") == clean)
            #expect(found > 5)
        }
    }

    /// Nothing is written there, not even a lock; what lies there already may be read.
    @Test func aLedgerOnANetworkIsNotWritten() throws {
        try Sample.withFolder { folder in
            var options = LedgerOptions()
            options.networkFileSystem = { _ in "NFS" }
            let path = folder + "/there/l.sqlite"
            let error = try #require(throws: LedgerError.self) { try LedgerStore(path: path, options: options) }
            #expect(error == .onNetwork(path: path, kind: "NFS") && "\(error)".contains("smpo runs pack RUN DIR"))
            #expect(!FileContents.exists(folder + "/there"))
            _ = try LedgerStore(path: path)
            #expect(try LedgerStore(path: path, readOnly: true, options: options).runs().isEmpty)
        }
    }

    /// A folder on a network whose ledger is a link to a local disk, where nothing is yet.
    @Test(arguments: [false, true]) func aLedgerMayBeALinkToALocalDisk(isRelative: Bool) throws {
        try Sample.withFolder { folder in
            for name in ["shared", "local"] { try FileContents.makeFolder("\(folder)/\(name)") }
            let path = "\(folder)/shared/ledger.sqlite"
            try FileManager.default.createSymbolicLink(
                atPath: path,
                withDestinationPath: isRelative ? "../local/ledger.sqlite" : "\(folder)/local/ledger.sqlite")
            var options = LedgerOptions()
            options.networkFileSystem = { NetworkFileSystem.name(of: $0, mounts: "x / ext4\nx \(folder)/shared nfs") }
            if isRelative {
                let inner = options.networkFileSystem
                options.networkFileSystem = { inner(URL(fileURLWithPath: $0).standardizedFileURL.path) }
            }
            let store = try LedgerStore(path: path, options: options)
            try store.recordAudit(of: "run-1", verdict: "reproduced", report: [:])
            // Log and lock lie there too; nothing but the link is on the network.
            #expect(try FileContents.names(in: "\(folder)/shared") == ["ledger.sqlite"])
            #expect(FileContents.exists("\(folder)/local/ledger.sqlite"))
            #expect(try LedgerStore(path: path, readOnly: true).audits().count == 1)
            // Without the link it is refused.
            try FileContents.remove([path])
            #expect(throws: LedgerError.onNetwork(path: path, kind: "nfs")) {
                try LedgerStore(path: path, options: options)
            }
        }
    }

    @Test func networkFileSystemsAreKnownByTheirMounts() throws {
        let mounts = """
            overlay / overlay rw 0 0
            server:/home /home nfs4 rw 0 0
            /dev/sda1 /home/me/disk ext4 rw 0 0
            me@there: /mnt/my\\040files fuse.sshfs rw 0 0
            fuse-overlayfs /var/box fuse.fuse-overlayfs rw 0 0
            tmpfs /scratch tmpfs rw 0 0
            scratch@tcp:/scratch /scratch lustre rw 0 0
            """
        for (path, name) in [
            ("/home/me/l.sqlite", "nfs4"), ("/home", "nfs4"), ("/homes/l.sqlite", nil), ("/home/me/disk/a", nil),
            ("/mnt/my files/a", "fuse.sshfs"), ("/var/box/a", nil), ("/scratch/a", "lustre"), ("/a", nil),
        ] as [(String, String?)] {
            #expect(NetworkFileSystem.name(of: path, mounts: mounts) == name, "\(path)")
        }
        // The kernel's own folders are on no network, nor is a place that is not there yet.
        for path in ["/proc/self/status", "/dev/shm/no/such/folder", "/"] {
            #expect(NetworkFileSystem.name(of: path) == nil, "\(path)")
        }
    }

    /// SQLite answers a reached size limit as it answers a full disk, by SQLITE_FULL.
    @Test func afterAFullDiskAllWholeStepsAreThere() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            do {
                let store = try LedgerStore(path: path, options: LedgerOptions(maximumBytes: 300_000))
                let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
                let long = TraceEntry("ids", .text([String(repeating: "x", count: 20_000)]))
                let error = try #require(throws: LedgerError.self) {
                    while recorder.chain.count < 100 {
                        try recorder.append(
                            StepTrace(step: recorder.chain.count + 1, entries: [.batch: [long]], tensors: [:]))
                    }
                }
                #expect(error == .diskFull(path: path))
                #expect(recorder.chain.count > 3)
            }
            let store = try LedgerStore(path: path)
            let recorder = try store.resumeRun("run-1")
            #expect(recorder.chain.count > 3)
            #expect(try store.verify("run-1").chain == recorder.chain)
            try recorder.append(StepTrace(step: recorder.chain.count + 1, entries: [:], tensors: [:]))
            #expect(try store.verify("run-1").chain == recorder.chain)
        }
    }

    @Test func anAppendBesideTheRecorderIsRefused() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let store = try LedgerStore(path: path)
            let records = try Sample.traces()
            let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
            try recorder.append(records[0])
            _ = try Sample.sqlite(path, "UPDATE steps SET head = zeroblob(32)")
            let error = try #require(throws: TamperError.self) { try recorder.append(records[1]) }
            #expect(error.field == "steps.head")
            _ = try Sample.sqlite(path, "DELETE FROM steps")
            #expect(throws: LedgerError.doesNotExtend(run: "run-1", expected: 1, found: 2)) {
                try recorder.append(records[1])
            }
        }
    }
}
