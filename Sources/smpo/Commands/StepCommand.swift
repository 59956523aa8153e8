import ArgumentParser
struct StepCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "step") }
