import Audit
import Core
import Foundation
import Ledger
import SeededRandom
import Testing
import TinyRuns

/// What brings the files of an acceptance into their places. That nothing is lost when it is cut off, `GoldenTests` tries.
@Suite struct AcceptanceJournalTests {
    private func with(_ body: (Workspace) throws -> Void) throws {
        let runs = try TinyRuns()
        defer { runs.remove() }
        try FileContents.makeFolder(runs.path("Golden/one"))
        try body(Workspace(root: runs.folder))
    }

    private func text(_ path: String) throws -> String { String(decoding: try FileContents.read(path), as: UTF8.self) }

    @Test func allFilesArriveAndNothingStays() throws {
        try with { workspace in
            let (list, log, names) = (
                workspace.goldenList, workspace.golden("one") + "/log.jsonl", workspace.golden("one") + "/names.json"
            )
            try AtomicFile.write("old", to: names)
            let journal = try AcceptanceJournal("one", in: workspace)
            try AtomicFile.write("list", to: journal.place(for: list))
            try FileContents.makeFolder(journal.goldenFolder())
            try AtomicFile.write("log", to: journal.goldenFolder() + "/log.jsonl")
            try journal.takeGoldenFolder(["log.jsonl", "names.json"])
            #expect(!FileContents.exists(list) && !FileContents.exists(log))
            try journal.commit()
            #expect(try text(list) == "list" && text(log) == "log" && !FileContents.exists(names))
            #expect(!FileContents.exists(workspace.root + "/.smpo/accepting"))
            try AcceptanceJournal.finish(in: workspace)
        }
    }

    /// An acceptance that ends on the way has not happened, and the next one begins anew.
    @Test func whatIsNotCommittedHasNotHappened() throws {
        try with { workspace in
            do {
                let journal = try AcceptanceJournal("one", in: workspace)
                try AtomicFile.write("list", to: journal.place(for: workspace.goldenList))
                _ = journal
            }
            #expect(!FileContents.exists(workspace.goldenList))
            // As a kill leaves it: files, but no journal.
            try FileContents.makeFolder(workspace.root + "/.smpo/accepting/golden")
            try AtomicFile.write("rest", to: workspace.root + "/.smpo/accepting/golden/log.jsonl")
            try AcceptanceJournal.finish(in: workspace)
            let journal = try AcceptanceJournal("one", in: workspace)
            #expect(try FileContents.names(in: workspace.root + "/.smpo/accepting").isEmpty)
            try AtomicFile.write("list", to: journal.place(for: workspace.goldenList))
            try journal.commit()
            #expect(try text(workspace.goldenList) == "list")
        }
    }

    /// A journal that somebody else wrote moves nothing out of a golden run's places.
    @Test(arguments: [
        (#"{"files":[{"from":"0","to":"../x"}],"format":1,"removed":[],"run":"one"}"#, "is no file of the golden run"),
        (#"{"files":[{"from":"0","to":"Golden/two/log.jsonl"}],"format":1,"removed":[],"run":"one"}"#, "is no file of"),
        (
            #"{"files":[{"from":"../0","to":"Golden/runs.txt"}],"format":1,"removed":[],"run":"one"}"#,
            "not in its folder"
        ),
        (#"{"files":[],"format":1,"removed":["Package.swift"],"run":"one"}"#, "is no file of the golden run"),
        (#"{"files":[{"from":"1","to":"Golden/runs.txt"}],"format":1,"removed":[],"run":"one"}"#, "is not there"),
        (#"{"files":[],"format":1,"removed":[],"run":"../one"}"#, "is no name of a run"),
        (#"{"files":[],"format":2,"removed":[],"run":"one"}"#, "another version"), ("{", "journal.json"),
    ]) func aStrangeJournalIsRefused(journal: String, words: String) throws {
        try with { workspace in
            let folder = workspace.root + "/.smpo/accepting"
            try FileContents.makeFolder(folder)
            try AtomicFile.write("x", to: folder + "/0")
            try AtomicFile.write(journal, to: folder + "/journal.json")
            let before = try FileManager.default.subpathsOfDirectory(atPath: workspace.golden)
            let error = try #require(throws: AcceptanceJournal.Damaged.self) {
                try AcceptanceJournal.finish(in: workspace)
            }
            #expect("\(error)".contains(words) && "\(error)".contains("git status"), "\(error)")
            // Neither an acceptance nor a gate goes over it.
            #expect(throws: AcceptanceJournal.Damaged.self) { _ = try AcceptanceJournal("one", in: workspace) }
            #expect(throws: AcceptanceJournal.Damaged.self) { _ = try GateSelection(workspace) }
            #expect(FileContents.exists(folder + "/journal.json"))
            #expect(try FileManager.default.subpathsOfDirectory(atPath: workspace.golden) == before)
        }
    }

    /// Damaged bytes of a journal, a history and a manifest's mark are errors, and never the end of the program.
    @Test func damagedFilesAreErrors() throws {
        var generator = SplitMix(state: 9)
        let head = Digest.of(.document, "head")
        let record = Acceptance(
            date: "2026-11-28", reason: "why", oldHead: head, newHead: head, kind: nil, difference: nil)
        let mark = GoldenMark(acceptances: 2, history: head)
        let journal =
            #"{"files":[{"from":"0","to":"Golden/runs.txt"}],"format":1,"removed":["Manifests/one.json"],"run":"one"}"#
        func damaged(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: bytes.indices, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
            }
            return bytes
        }
        try with { workspace in
            let (folder, path) = (workspace.root + "/.smpo/accepting", workspace.golden("one") + "/history.jsonl")
            let line = record.json.canonicalBytes + [0x0A]
            for _ in 0..<300 {
                try FileContents.makeFolder(folder)
                try AtomicFile.write("x", to: folder + "/0")
                try AtomicFile.write(damaged(Array(journal.utf8)), to: folder + "/journal.json")
                do { try AcceptanceJournal.finish(in: workspace) } catch is AcceptanceJournal.Damaged {}
                try AtomicFile.write(damaged(line + line), to: path)
                do { _ = try GoldenHistory(of: "one", in: workspace) } catch let error
                    where error is TamperError || error is LineEndError
                {}
                let json = try? JSONValue.parse(damaged(mark.json.canonicalBytes), file: "m")
                do { _ = try GoldenMark(json: JSONCursor(json, name: "m")) } catch is JSONShapeError {}
            }
        }
    }
}
