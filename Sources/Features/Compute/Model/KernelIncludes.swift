import Glibc

/// What a source may include: the compiler's own headers. Compiled code is kept by the source's text, so a file of one's
/// own that is included would be taken as it was when it was first compiled.
package enum KernelIncludes {
    /// - Throws: ``ComputeError/Code/compilation`` at the line that includes a file of one's own.
    package static func check(_ outline: KernelOutline, _ source: KernelSource) throws(ComputeError) {
        for directive in outline.directives {
            guard let name = name(directive.text), isOwn(name) else { continue }
            let sentence = "'\(name)' is included: one source is one file; paste the header's text instead"
            throw ComputeError(
                .compilation, "\(source.file) does not compile: 1 error.",
                diagnostics: [
                    .init(severity: .error, file: source.file, line: directive.line, column: 1, text: sentence)
                ])
        }
    }

    /// The `x.h` of `#include "x.h"`, with the sign that it begins with.
    private static func name(_ directive: String) -> String? {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let words = directive.dropFirst().drop(while: blank)
        guard words.hasPrefix("include") else { return nil }
        let rest = words.dropFirst(7).drop(while: blank)
        guard let first = rest.first, first == "\"" || first == "<" else { return nil }
        return String(rest.prefix(1)) + rest.dropFirst().prefix { $0 != "\"" && $0 != ">" }
    }

    /// Whether it is found by where it lies: NVRTC looks for what is in quotes in the working directory.
    private static func isOwn(_ name: String) -> Bool {
        let path = String(name.dropFirst())
        if path.hasPrefix("/") || path.split(separator: "/").contains("..") { return true }
        return name.hasPrefix("\"") && access(path, F_OK) == 0
    }
}
