/// What a pattern matched.
package struct GlobResult: Hashable, Sendable {
    /// The inside paths that exist, as the pattern writes them, in byte order.
    package var paths: [String] = []
    /// Folders that could not be listed, with the system's words.
    package var unread: [UnreadPlace] = []
}

extension ConfigurationRoot {
    /// The most paths that one pattern is followed to.
    package static let globLimit = 200_000

    /// What the absolute `pattern` matches within the root, as glob(3) does; a leading dot only if `matchesDots`.
    package func glob(_ pattern: String, matchesDots: Bool = false) -> GlobResult {
        var result = GlobResult()
        var paths = [""]
        let components = PathWalk.components(pattern).map(String.init)
        for (index, component) in components.enumerated() {
            if Wildcard.isPattern(component) {
                paths = paths.flatMap { folder in
                    matches(of: component, in: folder, matchesDots: matchesDots, &result.unread)
                }
                if paths.count > Self.globLimit { paths.removeSubrange(Self.globLimit...) }
            } else {
                paths = paths.map { $0 + "/" + unquoted(component) }
            }
            let isLast = index == components.count - 1
            paths = paths.filter { path in
                switch resolve(path).state {
                case .folder: return true
                case .missing: return false
                case .file, .other: return isLast
                case .unreadable(let reason):
                    result.unread.append(UnreadPlace(ByteText.shown(outside(path)), reason: reason))
                    return false
                }
            }
            if paths.isEmpty { break }
        }
        result.paths = paths.map { $0.isEmpty ? "/" : $0 }
        return result
    }

    private func matches(
        of component: String, in folder: String, matchesDots: Bool, _ unread: inout [UnreadPlace]
    ) -> [String] {
        let inside = folder.isEmpty ? "/" : folder
        switch names(in: inside) {
        case .success(let names):
            return names.filter { Wildcard.matches($0, component, matchesDots: matchesDots) }.map { folder + "/" + $0 }
        case .failure(.missing):
            return []
        case .failure(.unreadable(let reason)):
            unread.append(UnreadPlace(ByteText.shown(outside(inside)), reason: reason))
            return []
        }
    }

    private func unquoted(_ component: String) -> String {
        guard component.contains("\\") else { return component }
        var scalars = String.UnicodeScalarView()
        var isQuoted = false
        for scalar in component.unicodeScalars {
            if scalar == "\\" && !isQuoted {
                isQuoted = true
            } else {
                scalars.append(scalar)
                isQuoted = false
            }
        }
        return String(scalars)
    }
}
