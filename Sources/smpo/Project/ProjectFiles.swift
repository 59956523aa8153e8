import Core

/// The files that `smpo init` writes.
enum ProjectFiles {
    /// One file.
    struct File {
        /// The path below the project's folder.
        let path: String
        /// The content.
        let text: String
        /// Whether its lines are added to a file that is there.
        var isAppended = false
        /// A hint on the text, for a file that is there already.
        var hint: String?

        /// Whether a file holds these lines already, whatever they end with.
        func isIn(_ bytes: [UInt8]) -> Bool {
            String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self).contains(text)
        }
    }

    /// The name of the first golden run, and its recipe.
    static let run = "first", recipe = "Manifests/recipes/first.yaml"

    /// The attributes that keep Git from converting line ends of files whose bytes count.
    private static let attributes = """
        # The bytes of golden runs and manifests count: Git converts no line ends in them.
        /Golden/** -text
        /Manifests/** -text

        """

    /// All of them for the CI systems that are wanted.
    static func all(_ ci: InitCommand.Project.System) -> [File] {
        var files = [
            File(path: recipe, text: ProjectRecipe.recipe),
            File(path: "\(ProjectRecipe.models)/unet.json", text: ProjectRecipe.unet),
            File(path: "\(ProjectRecipe.models)/text_encoder.json", text: ProjectRecipe.textEncoder),
            File(path: "\(ProjectRecipe.models)/scheduler.json", text: ProjectRecipe.scheduler),
            File(path: "Golden/\(run)/policy.yaml", text: ProjectRecipe.policy),
            File(path: ".gitignore", text: ".smpo/\n", isAppended: true),
            File(path: ".gitattributes", text: attributes, isAppended: true),
            File(path: ".pre-commit-config.yaml", text: ProjectCI.preCommit, hint: "its hook would be"),
        ]
        if ci == .github || ci == .all {
            files.append(
                File(path: ".github/workflows/smpo.yml", text: ProjectCI.github, hint: "this program would write"))
        }
        if ci == .gitlab || ci == .all {
            files.append(File(path: ".gitlab-ci.yml", text: ProjectCI.gitlab, hint: "its job would be"))
        }
        return files
    }
}
