import Glibc

/// The main configuration files that running servers were started with (`nginx -c FILE`), from `/proc` (proc(5)).
enum RunningServers {
    static let options: [String: (kind: Evidence.Kind, options: Set<String>)] = [
        "nginx": (.nginx, ["-c"]), "apache2": (.apache, ["-f"]), "httpd": (.apache, ["-f"]),
        "haproxy": (.haproxy, ["-f"]), "dovecot": (.dovecot, ["-c"]), "exim4": (.exim, ["-C"]),
        "exim": (.exim, ["-C"]), "caddy": (.caddy, ["--config", "-config"]),
        "stalwart": (.stalwart, ["--config", "-c"]), "stalwart-mail": (.stalwart, ["--config", "-c"]),
    ]

    /// By server; of processes whose root is this system's own.
    static func configurations() -> [Evidence.Kind: [String]] {
        let system = ConfigurationRoot()
        guard case .success(let names) = system.names(in: "/proc") else { return [:] }
        var found: [Evidence.Kind: [String]] = [:]
        for name in names where name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard case .success("/") = system.destination("/proc/\(name)/root") else { continue }
            guard case .success(let bytes) = system.read("/proc/\(name)/cmdline") else { continue }
            for (kind, path) in configurations(commandLine: bytes) where !found[kind, default: []].contains(path) {
                found[kind, default: []].append(path)
            }
        }
        return found
    }

    /// The files that one command line names, its words separated by NUL or, where the process wrote it anew, by blanks.
    static func configurations(commandLine bytes: [UInt8]) -> [(kind: Evidence.Kind, path: String)] {
        let text = bytes.split { $0 == 0 || Lines.isBlank($0) }.map { ByteText.string($0) }
        var words = text[...]
        // `nginx: master process /usr/sbin/nginx -c ...`
        if words.first == "nginx:" { words = words.dropFirst(3) }
        guard let program = words.first, let known = options[PathText.name(program)] else { return [] }
        var found: [(Evidence.Kind, String)] = []
        for (word, next) in zip(words, words.dropFirst() + [""]) {
            if known.options.contains(word), PathText.isAbsolute(next) { found.append((known.kind, next)) }
            if word.hasPrefix("--config=") { found.append((known.kind, String(word.dropFirst(9)))) }
        }
        return found.filter { PathText.isAbsolute($0.1) }
    }
}
