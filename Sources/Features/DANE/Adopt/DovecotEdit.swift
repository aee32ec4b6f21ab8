/// Points lines of Dovecot's configuration to the deployed copy; everything else in the file stays as it is.
enum DovecotEdit {
    /// The settings that can be changed here: of 2.3, and of 2.4.
    private static let withSign: Set<String> = ["ssl_cert", "ssl_key", "ssl_alt_cert", "ssl_alt_key"]
    private static let plain: Set<String> = ["ssl_server_cert_file", "ssl_server_key_file"]

    /// Whether a setting can be changed here.
    static func isKnown(_ key: String) -> Bool { withSign.contains(key) || plain.contains(key) }

    /// The line as it must stand.
    static func line(_ key: String, _ file: String) -> String {
        plain.contains(key) ? "\(key) = \(file)" : "\(key) = <\(file)"
    }

    /// `bytes` with the values of the settings in these lines (from 1) replaced; nil where a line has no value that ends on it.
    static func apply(_ bytes: [UInt8], lines: [Int], file: String) -> [UInt8]? {
        var all = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
        for number in lines {
            guard all.indices.contains(number - 1), let changed = change(all[number - 1], file) else { return nil }
            all[number - 1] = changed
        }
        return Array(all.joined(separator: [UInt8(ascii: "\n")]))
    }

    private static func change(_ line: [UInt8], _ file: String) -> [UInt8]? {
        guard let equals = line.firstIndex(of: UInt8(ascii: "=")), line.last != UInt8(ascii: "\\"),
            !line.contains(UInt8(ascii: "{"))
        else { return nil }
        let value = line[(equals + 1)...].drop { $0 == 32 || $0 == 9 }
        let sign = value.first == UInt8(ascii: "<") ? "<" : value.first == UInt8(ascii: "\"") ? nil : ""
        guard let sign else { return nil }
        let end = line.last == 13 ? "\r" : ""
        return line[...equals] + Array(" \(sign)\(file)\(end)".utf8)
    }

    /// The main file of the configuration that `file` belongs to: beside it or one folder above.
    static func main(of file: String) -> String {
        var parts = file.split(separator: "/").dropLast()
        for _ in 0..<2 {
            let candidate = "/" + (parts + ["dovecot.conf"]).joined(separator: "/")
            if FileFacts(path: candidate)?.kind == .file { return candidate }
            parts = parts.dropLast()
        }
        return file
    }

    /// Lets Dovecot read its configuration.
    static func check(_ main: String) -> Command { Command(["doveconf", "-c", main, "-n"]) }
}
