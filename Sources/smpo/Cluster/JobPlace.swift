import ArgumentParser

/// Where the jobs of a command run: here, by Slurm, or by whatever runs the lines of a folder.
enum JobPlace: Equatable, ExpressibleByArgument {
    case local
    case slurm
    /// The folder is only written; somebody else runs its tasks.
    case file(String)

    init?(argument: String) {
        switch argument {
        case "local": self = .local
        case "slurm": self = .slurm
        default:
            guard argument.hasPrefix("file:"), argument.count > 5 else { return nil }
            self = .file(String(argument.dropFirst(5)))
        }
    }

    /// As it is written.
    var text: String {
        switch self {
        case .local: "local"
        case .slurm: "slurm"
        case .file(let path): "file:\(path)"
        }
    }

    var defaultValueDescription: String { self == .local ? "local" : "" }
}
