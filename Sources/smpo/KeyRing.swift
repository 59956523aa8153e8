import ArgumentParser
import Core
import Foundation

/// The folder of keys, and the keys that are trusted.
struct KeyRing: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of keys (default: $XDG_CONFIG_HOME/smpo/keys).", valueName: "folder"))
    var keys: String?

    /// The folder of the user's keys.
    var folder: String {
        if let keys { return keys }
        let environment = ProcessInfo.processInfo.environment
        if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") { return base + "/smpo/keys" }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/.config/smpo/keys"
    }

    /// The keys whose public halves are in the folder, by name.
    func all() throws -> [(name: String, key: VerifyingKey, isPrivate: Bool)] {
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted(by: utf8Less)
        return try files.filter { $0.hasSuffix(".pub") }.map { file in
            let name = String(file.dropLast(4))
            return (name, try VerifyingKey(path: "\(folder)/\(file)"), FileContents.exists("\(folder)/\(name).key"))
        }
    }

    /// The private key of a name, or in a file.
    func privateKey(_ name: String) throws -> SigningKey {
        try SigningKey(path: name.contains("/") ? name : "\(folder)/\(name).key")
    }
}
