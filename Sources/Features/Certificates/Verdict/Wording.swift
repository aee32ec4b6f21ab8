/// The sentences of verdicts.
enum Wording {
    static func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    static func list(_ words: [String]) -> String {
        let shown = words.prefix(4).joined(separator: ", ")
        return words.count > 4 ? "\(shown) and \(words.count - 4) more" : shown
    }

    static func use(_ evidence: Evidence) -> String { "Used by \(sign(evidence))." }

    static func possibleUse(_ evidence: Evidence) -> String {
        "Could be in use: \(evidence.kind.rawValue): \(evidence.place) has a folder that holds it"
            + (evidence.detail.isEmpty ? "." : " (\(evidence.detail)).")
    }

    static func unread(_ place: UnreadPlace) -> String {
        let reason = place.reason.hasSuffix(".") ? String(place.reason.dropLast()) : place.reason
        return "Could be in use: \(place.place) could not be read (\(reason))."
    }

    static func sign(_ evidence: Evidence) -> String {
        "\(evidence.kind.rawValue): \(evidence.place)\(evidence.detail.isEmpty ? "" : " (\(evidence.detail))")"
    }

    /// Configurations first, then what is served, then the weaker signs.
    static func rank(_ kind: Evidence.Kind) -> Int {
        switch kind {
        case .apache, .nginx, .postfix, .dovecot, .haproxy, .exim, .caddy, .stalwart, .extra: 0
        case .openldap, .postgresql, .mysql, .vsftpd, .proftpd, .prosody, .ejabberd, .mosquitto: 0
        case .cockpit, .webmin, .grafana, .systemd: 0
        case .served: 1
        case .process: 2
        case .dane: 3
        case .mount: 4
        case .hook, .cron, .other: 5
        case .copy: 6
        }
    }
}
