import ArgumentParser
import Core

/// `smpo keys`
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make keys to sign runs with, or list them.",
        discussion: """
            A key is two files in PEM, NAME.key (private, readable by you alone)
            and NAME.pub, which may go anywhere. OpenSSL reads and writes the
            same.

            EXAMPLES
              smpo keys generate alice
              smpo keys generate alice-models --type p256
              smpo keys list

            \(ExitStatus.help([.success, .trouble, .usage]))
            """,
        subcommands: [Generate.self, List.self], defaultSubcommand: List.self)

    /// `smpo keys generate`
    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key.", discussion: ExitStatus.help([.success, .trouble, .usage]))

        @Argument(help: "Name of the key.")
        var name: String

        @Option(help: "\(KeyKind.allCases.map(\.rawValue).joined(separator: " or ")); p256 for model bundles.")
        var type = KeyKind.ed25519.rawValue

        @OptionGroup var ring: KeyRing

        func validate() throws {
            guard KeyKind(rawValue: type) != nil else {
                throw ValidationError("--type: expected \(KeyKind.allCases.map(\.rawValue)), found \"\(type)\"")
            }
            guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
                throw ValidationError("\"\(name)\" is no name for a key: it becomes a file's")
            }
        }

        func run() throws {
            let key = try SigningKey(KeyKind(rawValue: type) ?? .ed25519)
            try FileContents.makeFolder(ring.folder)
            let base = "\(ring.folder)/\(name)"
            try key.write(to: base + ".key")
            try AtomicFile.write(key.verifyingKey.pem, to: base + ".pub")
            Message.line("private key  \(base).key")
            Message.line("public key   \(base).pub")
            Message.line("id           \(key.verifyingKey.id)")
        }
    }

    /// `smpo keys list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys of the folder.", discussion: ExitStatus.help([.success, .trouble, .usage]))

        @Flag(help: "Print the list as JSON.")
        var json = false

        @OptionGroup var ring: KeyRing

        func run() throws {
            let all = try ring.all()
            if json {
                let list = all.map { name, key, isPrivate -> JSONValue in
                    [
                        "name": .string(name), "type": .string(key.kind.rawValue), "private": .bool(isPrivate),
                        "id": .digest(key.id),
                    ]
                }
                return print((["schema": 1, "folder": .string(ring.folder), "keys": .array(list)] as JSONValue).pretty)
            }
            if all.isEmpty { Message.line("no keys in \(ring.folder); `smpo keys generate NAME` makes one") }
            for (name, key, isPrivate) in all {
                Message.line("\(name)  \(key.kind.rawValue)  \(isPrivate ? "private" : "public only")  \(key.id)")
            }
        }
    }
}
