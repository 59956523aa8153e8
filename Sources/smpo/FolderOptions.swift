import ArgumentParser

/// Which files of a folder are left alone.
struct FolderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Leave out files of a folder whose paths below it match, such as 'vae/*'. Can be repeated.",
            valueName: "pattern"))
    var ignoreFile: [String] = []
}
