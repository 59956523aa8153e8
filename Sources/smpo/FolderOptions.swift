import ArgumentParser

/// The options that leave files of a folder out.
struct FolderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Leave out files of a folder whose paths below it match, such as 'vae/*'. Can be repeated.",
            valueName: "pattern"))
    var ignoreFile: [String] = []
}
