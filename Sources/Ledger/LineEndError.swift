/// A file whose bytes count has the line ends of another system: CR LF in place of LF, as Git writes them into a checkout
/// where `core.autocrlf` is set and no attribute forbids it. Nobody tampered with it, and it cannot be read as it is.
package struct LineEndError: Error, Equatable, CustomStringConvertible {
    /// The file.
    package let file: String
    /// The first line that ends so, from 1.
    package let line: Int

    /// An error of a line.
    package init(file: String, line: Int) { (self.file, self.line) = (file, line) }

    /// One line.
    package var description: String {
        "\(file):\(line): expected lines that end with LF, found CR LF: Git has converted the file (core.autocrlf); put "
            + "\"/Golden/** -text\" and \"/Manifests/** -text\" into .gitattributes, remove the file, and check it out "
            + "again (git checkout -- \(file))"
    }
}
