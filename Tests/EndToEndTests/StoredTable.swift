import Core
import Datasets
import Foundation
import Tables
import Testing
import TinyRuns

/// Pairs in a table of the fixtures, copied into the folder of a run.
struct StoredTable {
    /// What its files are, as a recipe says it.
    enum Format: String, CaseIterable, Sendable {
        case parquet, arrow
    }

    let format: Format
    /// The folder with its files.
    let path: String

    static let fixtures = SourceTree.root + "/Tests/DatasetsTests/Fixtures/tables"

    init(_ runs: TinyRuns, _ format: Format, _ name: String = "table") throws {
        (self.format, path) = (format, runs.path(name))
        switch format {
        case .parquet:
            try FileContents.makeFolder(path)
            try add("scored.parquet", as: "b.parquet")
        case .arrow: try FileManager.default.copyItem(atPath: Self.fixtures + "/saved", toPath: path)
        }
    }

    /// Adds a file of the fixtures.
    func add(_ fixture: String, as name: String) throws {
        try FileManager.default.copyItem(atPath: "\(Self.fixtures)/\(fixture)", toPath: "\(path)/\(name)")
    }

    /// The file that holds its first rows.
    var file: String {
        switch format {
        case .parquet: "\(path)/b.parquet"
        case .arrow: "\(path)/train/data-00000-of-00002.arrow"
        }
    }

    /// Writes a recipe on it, `rules` being further keys of its data, and gives its path.
    func recipe(_ runs: TinyRuns, rules: String = "") throws -> String {
        let recipe = try runs.smpo(data: path)
        let text = String(decoding: try FileContents.read(recipe), as: UTF8.self)
        try AtomicFile.write(
            text.replacingOccurrences(
                of: "{kind: folder, path: \(path)", with: "{kind: \(format.rawValue), path: \(path)\(rules)"),
            to: recipe)
        return recipe
    }

    /// Turns one bit of the first picture of the first row, wherever it lies in the file.
    func damagePicture() throws {
        let table = try format == .parquet ? Table.parquet(file) : Table.arrow(file)
        guard case .bytes(let picture) = try table.value(row: 0, column: table.column("jpg_0")) else {
            Issue.record("no picture")
            return
        }
        var bytes = try FileContents.read(file)
        // What ends a JPEG is its own, and does not compress: it stands in the page as it is.
        let part = picture[(picture.count - 30)..<(picture.count - 6)]
        let places = bytes.indices.filter { bytes[$0...].starts(with: part) }
        try #require(!places.isEmpty)
        for place in places { bytes[place + 8] ^= 4 }
        try AtomicFile.write(bytes, to: file)
    }
}
