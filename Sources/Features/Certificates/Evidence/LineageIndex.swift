/// Finds lineages' paths and names in texts.
package struct LineageIndex: Sendable {
    /// The folders of trees, as this process and as certbot's own container knows them, with the inside path that
    /// each means.
    private var trees: [(written: [UInt8], inside: String)] = []
    private var lineages: [String: [String]] = [:]

    /// Of what `inventory` holds; `root` makes outside paths inside ones.
    package init(_ inventory: Inventory, root: ConfigurationRoot = ConfigurationRoot()) {
        for tree in inventory.trees {
            let inside = root.inside(tree.path) ?? tree.path
            for written in Set([tree.path, tree.ownPath, inside]) where written.utf8.count > 1 {
                trees.append((ByteText.bytes(written), written == tree.path ? inside : written))
            }
        }
        trees.sort { $0.written.count > $1.written.count }
        for lineage in inventory.lineages {
            lineages[lineage.name, default: []].append(lineage.name)
            for name in lineage.certificate?.names ?? [] where name != lineage.name {
                lineages[name, default: []].append(lineage.name)
            }
        }
    }

    /// Whether no tree is known.
    package var isEmpty: Bool { trees.isEmpty }

    /// A path or a name in a text.
    package struct Mention: Hashable, Sendable {
        /// The line, from 1.
        package var line: Int
        /// The inside path.
        package var path: String
    }

    /// The paths to files and folders of lineages (beneath `live/` and `archive/`) in `text`, with their lines;
    /// not in lines that begin with `#`, `;` or `//`.
    package func paths(in text: [UInt8], withComments: Bool = false, wholeTrees: Bool = false) -> [Mention] {
        var mentions: [Mention] = []
        guard trees.contains(where: { Self.contains(text[...], $0.written) }) else { return [] }
        for (number, line) in Lines.split(text) where withComments || !Self.isComment(line) {
            for path in TextPaths.absolute(in: line) {
                if let inside = inside(path, wholeTrees: wholeTrees) {
                    mentions.append(Mention(line: number, path: inside))
                }
            }
        }
        return mentions
    }

    private func inside(_ path: ArraySlice<UInt8>, wholeTrees: Bool) -> String? {
        for tree in trees where path.starts(with: tree.written) {
            let rest = path.dropFirst(tree.written.count)
            guard rest.isEmpty || rest.first == UInt8(ascii: "/") else { continue }
            let parts = rest.split(separator: UInt8(ascii: "/"))
            if parts.count < 2 && !wholeTrees { return nil }
            return tree.inside + ByteText.string(rest)
        }
        return nil
    }

    /// Whether the inside path `path` lies in the folder of a lineage.
    package func isInLineage(_ path: String) -> Bool {
        inside(ByteText.bytes(path)[...], wholeTrees: false) != nil
    }

    /// The lineages whose name or one of whose domains is the word `word`.
    package func lineages(named word: String) -> [String] { lineages[word] ?? [] }

    /// The lineages named in `text` by their name or a domain of theirs, with the line and the word.
    package func names(in text: [UInt8], withComments: Bool = false) -> [(line: Int, word: String, lineage: String)] {
        guard !lineages.isEmpty else { return [] }
        var found: [(Int, String, String)] = []
        for (number, line) in Lines.split(text) where withComments || !Self.isComment(line) {
            for word in line.split(whereSeparator: { !TextPaths.isWord($0) && $0 != UInt8(ascii: "*") }) {
                let word = ByteText.string(word)
                for lineage in Set(lineages(named: word) + lineages(named: word.lowercased())).sorted() {
                    found.append((number, word, lineage))
                }
            }
        }
        return found
    }

    static func isComment(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop(while: Lines.isBlank)
        return text.first == UInt8(ascii: "#") || text.first == UInt8(ascii: ";") || text.starts(with: "//".utf8)
    }

    private static func contains(_ text: ArraySlice<UInt8>, _ needle: [UInt8]) -> Bool {
        var rest = text
        while let start = rest.firstIndex(of: needle[0]) {
            if rest[start...].starts(with: needle) { return true }
            rest = rest[(start + 1)...]
        }
        return false
    }
}
