import Foundation

/// What the interpreter says of itself and of the scripts.
struct PythonProbe: Decodable {
    /// One script that can't be parsed.
    struct Broken: Decodable {
        /// The file.
        var path: String
        /// The line, from 1; 0 if the whole file can't be read.
        var line: Int
        /// What Python says.
        var message: String
    }

    /// Its version, `3.11.2`.
    var python: String
    /// Flask's version; nil if it can't be imported.
    var flask: String?
    /// Why Flask can't be imported.
    var flaskError: String?
    /// Why the worker library can't be imported.
    var libraryError: String?
    /// The scripts that don't parse.
    var broken: [Broken]

    enum CodingKeys: String, CodingKey {
        case python, flask, broken
        case flaskError = "flask_error"
        case libraryError = "library_error"
    }

    /// The program; reads the scripts' paths, separated by NUL, and parses them without running them.
    static let program = """
        import ast, json, sys, warnings
        warnings.simplefilter("ignore")
        out = {"python": "%d.%d.%d" % sys.version_info[:3], "flask": None, "flask_error": None,
               "library_error": None, "broken": []}
        try:
            import flask
            from importlib.metadata import version
            out["flask"] = version("flask")
        except Exception as error:
            out["flask_error"] = "%s: %s" % (type(error).__name__, error)
        if out["flask"]:
            try:
                import steward_worker.zygote
            except Exception as error:
                out["library_error"] = "%s: %s" % (type(error).__name__, error)
        for path in filter(None, sys.stdin.buffer.read().split(b"\\0")):
            try:
                with open(path, "rb") as file:
                    ast.parse(file.read(), path)
            except SyntaxError as error:
                out["broken"].append({"path": path.decode(errors="replace"), "line": error.lineno or 0,
                                      "message": error.msg})
            except Exception as error:
                out["broken"].append({"path": path.decode(errors="replace"), "line": 0, "message": str(error)})
        json.dump(out, sys.stdout)
        """
}
