/// Which names of a pickle stand for code that would have to be run.
///
/// An instance of a class is its class, its arguments and what is set on it: all of that can be listed without running
/// anything, and two instances can be compared. What a *function* would return cannot be known without running it, so a
/// pickle that calls one is refused, as it may return tensors. And what serves to run programs is refused wherever it
/// is named, whatever is done with it.
enum PickleCode {
    /// Whether a call of "module.name" makes an instance of a class. Classes of Python have capital letters, and the
    /// others, of Python's own library, are listed.
    static func isClass(_ name: String) -> Bool {
        if smallClasses.contains(name) { return true }
        let last = name.split(separator: ".").last ?? ""
        // What Cython makes for each class of its own: the class, a number that says which version, the state.
        if last.hasPrefix("__pyx_unpickle_") { return true }
        return last.drop { $0 == "_" }.first?.isUppercase ?? false
    }

    /// Whether "module.name" is refused even where nothing calls it.
    static func isRefused(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let module = parts.first, parts.count > 1, parts.allSatisfy({ !$0.isEmpty }) else { return true }
        if module == "builtins" || module == "__builtin__" { return builtins.contains(String(parts[1])) }
        return modules.contains(String(module))
    }

    private static let modules: Set<String> = [
        "os", "posix", "nt", "subprocess", "_posixsubprocess", "sys", "shutil", "socket", "_socket", "socketserver",
        "ctypes", "_ctypes", "cffi", "pty", "runpy", "importlib", "_imp", "zipimport", "pkgutil", "codeop", "pdb",
        "bdb",
        "marshal", "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "webbrowser", "popen2", "asyncio", "pip",
        "timeit", "cProfile", "pydoc", "http", "urllib", "urllib2",
        "httplib",
        "requests", "aiohttp", "smtplib", "ftplib", "telnetlib", "xmlrpc", "multiprocessing",
    ]

    private static let builtins: Set<String> = [
        "eval", "exec", "execfile", "compile", "open", "file", "__import__", "input", "raw_input", "breakpoint",
        "globals",
        "locals", "vars", "setattr", "delattr", "exit", "quit", "help", "apply", "reload", "memoryview",
        "__build_class__",
    ]

    private static let smallClasses: Set<String> = {
        let names = [
            "complex", "range", "xrange", "slice", "bytes", "list", "dict", "tuple", "object", "int", "float", "str",
            "bool", "unicode", "long",
        ]
        return Set(
            names.flatMap { ["builtins.\($0)", "__builtin__.\($0)"] } + [
                // The name of a member or of a class within a class.
                "builtins.getattr", "__builtin__.getattr",
                "datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "datetime.timezone",
                "datetime.tzinfo", "collections.deque", "collections.defaultdict", "functools.partial", "re._compile",
                "operator.itemgetter", "operator.attrgetter", "operator.methodcaller", "zoneinfo.ZoneInfo._unpickle",
                "numpy.random._pickle.__randomstate_ctor", "numpy.random._pickle.__generator_ctor",
                "numpy.random._pickle.__bit_generator_ctor", "torch.serialization._get_layout",
            ])
    }()
}
