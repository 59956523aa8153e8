/// A command of this program: what follows its name, and what its environment has besides.
package struct Command: Sendable, Equatable {
    package var arguments: [String]
    package var environment: [String: String]

    package init(_ arguments: [String], environment: [String: String] = [:]) {
        self.arguments = arguments
        self.environment = environment
    }

    /// As a person would type it, for errors; without the environment.
    package var text: String { "smpo " + arguments.joined(separator: " ") }
}
