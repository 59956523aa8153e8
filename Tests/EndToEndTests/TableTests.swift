import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns

/// Runs on tables, recorded and audited, and what becomes of them when the table's files change.
@Suite struct TableTests {
    private func recorded(
        _ format: StoredTable.Format, rules: String = "", _ body: (Sandbox, StoredTable) throws -> Void
    ) throws {
        try Sandbox.with { sandbox in
            let table = try StoredTable(sandbox.runs, format)
            _ = try sandbox.record(try table.recipe(sandbox.runs, rules: rules))
            for command in ["audit", "verify"] {
                let result = try sandbox.program.run(command, "run-1")
                #expect(result.status == 0, "\(command): \(result.output)\(result.errors)")
            }
            try body(sandbox, table)
        }
    }

    /// The pictures' digests that a training keeps are no evidence: an audit reads the table.
    @Test(arguments: StoredTable.Format.allCases)
    func aChangedPictureIsNamed(format: StoredTable.Format) throws {
        try recorded(format) { sandbox, table in
            let original = try FileContents.read(table.file)
            let written = try FileManager.default.attributesOfItem(atPath: table.file)[.modificationDate]
            try table.damagePicture()
            // Not even the time of writing tells.
            try FileManager.default.setAttributes([.modificationDate: written as Any], ofItemAtPath: table.file)
            for command in ["audit", "verify"] {
                let result = try sandbox.program.run(command, "run-1")
                #expect(result.status == 3, "\(command): \(result.output)\(result.errors)")
                #expect(result.output.contains(table.path), "\(result.output)")
                #expect(result.output.contains("row-0000000"), "\(result.output)")
            }
            try AtomicFile.write(original, to: table.file)
            #expect(try sandbox.program.run("audit", "run-1").status == 0)
        }
    }

    /// A file that is cut holds something else; one that is gone says nothing.
    @Test(arguments: StoredTable.Format.allCases)
    func aDamagedFileIsNamedAndAMissingOneToo(format: StoredTable.Format) throws {
        try recorded(format) { sandbox, table in
            let original = try FileContents.read(table.file)
            for command in ["audit", "verify"] {
                try AtomicFile.write(Array(original.prefix(original.count / 2)), to: table.file)
                let cut = try sandbox.program.run(command, "run-1")
                #expect(cut.status == 3, "\(command): \(cut.output)\(cut.errors)")
                #expect(cut.output.contains(table.file), "\(cut.output)")
                try FileManager.default.removeItem(atPath: table.file)
                let missing = try sandbox.program.run(command, "run-1")
                #expect(missing.status == 2, "\(command): \(missing.output)\(missing.errors)")
                #expect(missing.errors.contains(table.path), "\(missing.errors)")
                try AtomicFile.write(original, to: table.file)
            }
            #expect(try sandbox.program.run("audit", "run-1").status == 0)
        }
    }

    /// Rows that no rule takes are in no pair, but the names of the pairs are numbers of rows.
    @Test func rowsThatAreNotTakenMoveTheOthers() throws {
        try recorded(.parquet, rules: ", labels: decided") { sandbox, table in
            let digests = try Manifest.read(sandbox.workspace.manifest("run-1")).inputs.digests
            #expect(digests["data/rows"] != nil)
            try table.add("ties.parquet", as: "a.parquet")
            for command in ["audit", "verify"] {
                let result = try sandbox.program.run(command, "run-1")
                #expect(result.status == 3, "\(command): \(result.output)\(result.errors)")
                #expect(result.output.contains("data/rows"), "\(result.output)")
            }
            // Behind the others they move nothing.
            try FileManager.default.moveItem(atPath: table.path + "/a.parquet", toPath: table.path + "/c.parquet")
            #expect(try sandbox.program.run("audit", "run-1").status == 0)
        }
    }
}
