#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Patterns of tensors' names and of files' relative paths, as `fnmatch(3)` takes them: `*` stands for any run of
/// characters, dots and slashes too.
package enum NamePattern {
    /// Whether a pattern matches a name.
    package static func matches(_ pattern: String, _ name: String) -> Bool { fnmatch(pattern, name, 0) == 0 }

    /// Whether a pattern may match a name that begins with `prefix`. Only what stands before its first `*`, `?`, `[` or
    /// `\` is looked at, so that "no" is certain and "yes" is not.
    package static func mayMatch(_ pattern: String, namesFrom prefix: String) -> Bool {
        let literal = pattern.utf8.prefix { !Array("*?[\\".utf8).contains($0) }
        return literal.starts(with: prefix.utf8) || prefix.utf8.starts(with: literal)
    }
}
