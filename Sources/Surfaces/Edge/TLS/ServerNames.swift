/// Chooses among certificates by the name that a client asks for (RFC 6066, section 3; RFC 9525, section 6.3).
struct ServerNames: Sendable, Equatable {
    private var exact: [String: Int] = [:]
    /// `example.tw` for `*.example.tw`.
    private var wildcards: [String: Int] = [:]

    /// The certificates' names, in the order of the certificates; of two with the same name the first counts.
    init(_ names: [[String]]) {
        for (index, names) in names.enumerated() {
            for name in names.map({ Self.folded($0) }) {
                if name.hasPrefix("*.") {
                    let parent = String(name.dropFirst(2))
                    wildcards[parent] = wildcards[parent] ?? index
                } else {
                    exact[name] = exact[name] ?? index
                }
            }
        }
    }

    /// The certificate for `name`: one that names it, else one whose wildcard covers it, else the first.
    func index(for name: String?) -> Int {
        guard let name = name.map({ Self.folded($0) }) else { return 0 }
        if let index = exact[name] { return index }
        // A wildcard stands for exactly one label.
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return 0 }
        return wildcards[String(name[name.index(after: dot)...])] ?? 0
    }

    private static func folded(_ name: String) -> String {
        let name = name.lowercased()
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }
}
