/// What servers print when they are asked what they read.
enum ServerDump {
    /// The files in the output of `nginx -T`, the main one first: `# configuration file PATH:`.
    static func nginxFiles(_ output: [UInt8]) -> [String] {
        Lines.split(output).compactMap { _, line in
            let text = ByteText.string(line)
            let mark = "# configuration file "
            return text.hasPrefix(mark) && text.hasSuffix(":") ? String(text.dropFirst(mark.count).dropLast()) : nil
        }
    }

    /// The files in the output of `apachectl -t -D DUMP_INCLUDES`, the main one first: `(LINE) PATH`.
    static func apacheFiles(_ output: [UInt8]) -> [String] {
        Lines.split(output).compactMap { _, line in
            let text = ByteText.string(Lines.trimmed(line))
            guard text.hasPrefix("("), let close = text.firstRange(of: ") ") else { return nil }
            let path = String(text[close.upperBound...])
            return PathText.isAbsolute(path) ? path : nil
        }
    }
}
