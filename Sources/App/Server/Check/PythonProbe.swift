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

    /// A script that says which GPU cards it needs.
    struct Cards: Decodable {
        /// What it needs.
        struct Demand: Decodable {
            var count: Int
            var memory: Int?
            var share: Bool
        }

        /// The file.
        var path: String
        /// The line of `gpu = ...`.
        var line: Int
        /// What it says; nil if that can't be understood.
        var gpu: Demand?
        /// Why it can't be understood.
        var complaint: String?

        /// `file:line`.
        var place: String { line > 0 ? "\(path):\(line)" : path }
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
    /// The scripts that ask for GPU cards.
    var cards: [Cards]

    enum CodingKeys: String, CodingKey {
        case python, flask, broken, cards
        case flaskError = "flask_error"
        case libraryError = "library_error"
    }

    /// The program; reads the scripts' paths, separated by NUL, and parses them without running them.
    static let program = """
        import ast, json, sys, warnings
        warnings.simplefilter("ignore")
        out = {"python": "%d.%d.%d" % sys.version_info[:3], "flask": None, "flask_error": None,
               "library_error": None, "broken": [], "cards": []}
        try:
            import flask
            from importlib.metadata import version
            out["flask"] = version("flask")
        except Exception as error:
            out["flask_error"] = "%s: %s" % (type(error).__name__, error)
        read = None
        if out["flask"]:
            try:
                import steward_worker.zygote
                from steward_worker.describe import read
            except Exception as error:
                out["library_error"] = "%s: %s" % (type(error).__name__, error)
        for path in filter(None, sys.stdin.buffer.read().split(b"\\0")):
            try:
                with open(path, "rb") as file:
                    source = file.read()
                tree = ast.parse(source, path)
                found = read(source, path) if read and b"gpu" in source else {}
                if found.get("gpu") or found.get("gpu_error"):
                    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, (ast.Assign, ast.AnnAssign))
                             and any(getattr(name, "id", "") == "gpu"
                                     for name in getattr(node, "targets", None) or [node.target])]
                    out["cards"].append({"path": path.decode(errors="replace"), "line": lines[-1] if lines else 0,
                                         "gpu": found["gpu"], "complaint": found["gpu_error"]})
            except SyntaxError as error:
                out["broken"].append({"path": path.decode(errors="replace"), "line": error.lineno or 0,
                                      "message": error.msg})
            except Exception as error:
                out["broken"].append({"path": path.decode(errors="replace"), "line": 0, "message": str(error)})
        json.dump(out, sys.stdout)
        """
}
