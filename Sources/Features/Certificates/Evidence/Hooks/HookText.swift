/// What a deploy hook's text says about lineages.
struct HookText: Hashable, Sendable {
    /// Lines on which it takes the renewed lineage's files, whichever that is: `$RENEWED_LINEAGE`, `$RENEWED_DOMAINS`
    /// (certbot's renewal-hooks).
    var renewedLines: [Int] = []
    /// Services that it reloads or restarts.
    var reloads: [String] = []
    /// Absolute paths of other programs that it runs or files that it names.
    var paths: [String] = []

    /// Of a shell command or a script.
    init(_ text: [UInt8]) {
        for (number, line) in Lines.split(text) where !LineageIndex.isComment(line) {
            let words = line.split { !TextPaths.isWord($0) && $0 != UInt8(ascii: "/") }.map { ByteText.string($0) }
            let names = line.split { !TextPaths.isWord($0) }
            if names.contains(where: {
                $0.elementsEqual("RENEWED_LINEAGE".utf8) || $0.elementsEqual("RENEWED_DOMAINS".utf8)
            }) {
                renewedLines.append(number)
            }
            for path in TextPaths.absolute(in: line) { paths.append(ByteText.string(path)) }
            for (word, next) in zip(words, words.dropFirst()) {
                let isVerb = ["reload", "restart", "try-restart", "reload-or-restart"].contains(word)
                if isVerb, words.contains("systemctl"), !next.hasPrefix("-") { reloads.append(next) }
                let isAction = next == "reload" || next == "restart"
                let isDirect = ["postfix", "apachectl", "apache2ctl", "dovecot", "rndc", "caddy", "doveadm"].contains(
                    word)
                if isAction, isDirect || words.contains("service") { reloads.append(PathText.name(word)) }
            }
        }
    }

    /// `, reloads nginx and postfix`, or nothing.
    var reloadWords: String {
        let names = Set(reloads.map { $0.hasSuffix(".service") ? String($0.dropLast(8)) : $0 }).sorted()
        return names.isEmpty ? "" : ", reloads " + names.joined(separator: " and ")
    }
}
