/// Where a part of settings was written.
package enum SettingsPlace: Sendable, Equatable, CustomStringConvertible {
    /// A file, its line and its column, both from 1; columns count Unicode scalars.
    case file(String, line: Int, column: Int)
    /// An override `key.path=value` from the command line, as it was given.
    case override(String)
    /// Resolved settings in JSON: the file (may be empty) and the way to them in it.
    case resolved(file: String, path: String)

    /// `file:line:column`, `--set key.path=value` or `file: path`.
    package var description: String {
        switch self {
        case .file(let file, let line, let column): "\(file):\(line):\(column)"
        case .override(let text): "--set \(text)"
        case .resolved(let file, let path): file.isEmpty ? path : "\(file): \(path)"
        }
    }
}
