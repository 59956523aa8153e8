import Core
import Ledger

/// The folder of the model that a run has handed over, held against the files that a manifest states.
package struct TrainedFolder {
    /// The folder.
    let path: String

    /// Holds every file's bytes against `stated`: none changed, none missing, none more that a program which opens the
    /// model could read. Gives the files that are not stated and that none would read.
    /// - Throws: `TamperError` that names the file; `FileError`.
    func check(_ stated: [String: Digest], run: String) throws -> [String] {
        func tampered(_ name: String, _ field: String, _ expected: String, _ found: String) -> TamperError {
            TamperError(file: "\(path)/\(name)", run: run, step: nil, field: field, expected: expected, found: found)
        }
        let listing = try FolderListing(path)
        if let other = listing.others.first {
            throw tampered(other, "kind", "a file or a folder", "a link to neither, a link to a folder, or a device")
        }
        let files = Set(listing.files)
        for (name, digest) in stated.sorted(by: { utf8Less($0.key, $1.key) }) {
            guard files.contains(name) else { throw tampered(name, "outcome.files", digest.hex, "no such file") }
            let found = try Digest.file("\(path)/\(name)")
            guard found == digest else { throw tampered(name, "outcome.files", digest.hex, found.hex) }
        }
        let more = listing.files.filter { stated[$0] == nil }
        if let extra = more.first(where: { !TrainedFolder.isForPeople($0) }) {
            throw tampered(extra, "presence", "only the \(stated.count) files that the manifest states", "one more")
        }
        return more
    }

    /// Whether a file is one that people look at, or that commands of this program leave beside a model: pictures,
    /// texts, a signature, the unfinished file of a process that was killed. No program takes weights, vocabularies or
    /// settings from such a one.
    package static func isForPeople(_ name: String) -> Bool {
        let file = name.split(separator: "/").last.map(String.init) ?? name
        let ending = file.contains(".") ? String(file.split(separator: ".").last ?? "").lowercased() : ""
        return name == ModelBundle.fileName || file == "LICENSE" || file == ".gitattributes"
            // The data that `smpo report` writes beside a page.
            || file.hasSuffix(".data.json")
            || ["csv", "html", "jpg", "md", "png", "svg", "webp"].contains(ending)
            || file.firstMatch(of: /\.tmp-[0-9]+-[0-9]+$/) != nil
    }
}

extension TrainedFolder {
    /// The result of a check of the model that a run has handed over.
    package struct Check {
        /// A sentence on the files that hold; nil where nothing was checked.
        package var holds: String?
        /// Files and folders that were not checked, each with the reason.
        package var unchecked: [String] = []
    }

    /// Holds the folder that the run of `manifest` has handed over, where it is there, against the files that the
    /// manifest states. - Throws: `TamperError` that names the file; `FileError`.
    package static func require(_ manifest: Manifest, in workspace: Workspace) throws {
        let folder = workspace.model(manifest.run)
        guard let files = manifest.outcome?.files, FileContents.isFolder(folder) else { return }
        _ = try TrainedFolder(path: folder).check(files, run: manifest.run)
    }
}

extension Run {
    /// Holds the folder of the model that the run has handed over against the files that its outcome states.
    /// - Throws: `TamperError` that names the file; `FileError`.
    package func checkTrainedFolder() throws -> TrainedFolder.Check {
        let folder = workspace.model(name)
        guard !outcomes.isEmpty else {
            return TrainedFolder.Check(unchecked: ["the run is not finished and states none"])
        }
        guard FileContents.isFolder(folder) else { return TrainedFolder.Check(unchecked: ["\(folder) is not there"]) }
        guard !replacesRun else {
            return TrainedFolder.Check(unchecked: [
                "\(folder) is that of the ledger's run, whose golden place another has"
            ])
        }
        var finding = TrainedFolder.Check()
        // The documents say the same of an honest run: its files are read once.
        var held: [String: Digest]?
        for (file, outcome) in outcomes {
            guard let files = outcome.files else {
                finding.unchecked.append(
                    "\(file) has format 2, which states no file of \(folder) but the digest of the trained weights")
                continue
            }
            if files == held { continue }
            held = files
            let more = try TrainedFolder(path: folder).check(files, run: name)
            finding.holds = "\(folder): \(files.count) files, each byte as the outcome states it"
            let text = more.prefix(3).joined(separator: ", ") + (more.count > 3 ? ", … (\(more.count))" : "")
            if !more.isEmpty { finding.unchecked.append("\(folder): \(text), for people") }
        }
        return finding
    }
}
