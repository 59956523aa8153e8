import Core

/// How a command ended, and what it left.
package struct CommandEnding: Sendable {
    package enum Cause: Sendable, Equatable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)
        /// There never was a process; the reason.
        case notStarted(String)

        package var description: String {
            switch self {
            case .exit(let code): "exit code \(code)"
            case .signal(let number): "ended by signal \(number)"
            case .notStarted(let reason): "not started: \(reason)"
            }
        }
    }

    package let command: Command
    package let cause: Cause
    /// What it printed.
    package let output: [UInt8]
    /// The last line of its errors and messages, if there is one.
    package let lastError: String?
    /// All of its errors and messages, where they are known.
    package let errors: [UInt8]

    package init(
        _ command: Command, _ cause: Cause, output: [UInt8] = [], lastError: String? = nil, errors: [UInt8] = []
    ) {
        self.command = command
        self.cause = cause
        self.output = output
        self.lastError = lastError
        self.errors = errors
    }

    /// The exit code, if the process came to one.
    package var exitCode: Int32? { if case .exit(let code) = cause { code } else { nil } }

    /// What it printed: a JSON object, or text. - Throws: `JSONSyntaxError` for an object that is none.
    package func value() throws -> JSONValue {
        output.first == UInt8(ascii: "{")
            ? try JSONValue.parse(output, file: command.text) : .string(String(decoding: output, as: UTF8.self))
    }

    /// What it printed, read as JSON; `name` stands for the whole in errors. - Throws: `JSONSyntaxError`.
    package func report(_ name: String) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(output, file: command.text), name: name, file: command.text)
    }

    /// The error of this ending; what the command itself said last takes the place of `reason`.
    package func failure(_ reason: String? = nil) -> CommandFailure {
        CommandFailure(command: command.text, cause: cause, reason: lastError ?? reason)
    }
}

/// A command could not do, or not say, what it was for.
package struct CommandFailure: Error, CustomStringConvertible {
    package let command: String
    package let cause: CommandEnding.Cause
    package let reason: String?

    package init(command: String, cause: CommandEnding.Cause, reason: String?) {
        self.command = command
        self.cause = cause
        self.reason = reason
    }

    package var description: String {
        [command, cause.description, reason].compactMap(\.self).joined(separator: ": ")
    }
}
