import StewardAPI

/// A check for people: each host, address and name server, then what was found and what a sender does about it.
enum DANECheckText {
    /// The lines.
    static func lines(_ check: DANEReport) -> [String] {
        ["\(check.domain): \(check.verdict): \(meaning(check.verdict))"] + check.services.flatMap(service)
            + check.findings.flatMap { finding in
                [
                    "  \(finding.severity) \(finding.code): \(finding.text)",
                    "    a sender that enforces DANE: \(effect(finding.effect))",
                ]
            }
    }

    /// What a verdict says.
    static func meaning(_ verdict: String) -> String {
        switch verdict {
        case "deliver": "a sender that enforces DANE delivers and knows to whom"
        case "defer": "a sender that enforces DANE keeps the mail, and returns it after days"
        case "insecure": "mail is delivered without DANE: whoever can change the traffic can read it"
        case "partial": "a sender that enforces DANE delivers, but not wherever it may turn"
        default: verdict
        }
    }

    /// What an effect says.
    static func effect(_ effect: String) -> String {
        switch effect {
        case "delivers": "delivers"
        case "defers": "keeps the mail and tries again later"
        case "next-mx": "goes on to the next address or the next MX"
        case "unauthenticated": "delivers without knowing to whom"
        default: "doesn't notice"
        }
    }

    private static func service(_ service: DANEReportService) -> [String] {
        let preference = service.preference.map { "MX \($0) " } ?? ""
        var lines = [
            "  \(preference)\(service.host):\(service.port) \(service.protocol): \(service.outcome) (addresses \(service.addresses))"
        ]
        if let security = service.tlsa.security {
            let ttl = service.tlsa.records.isEmpty ? "no record" : "TTL \(service.tlsa.ttl) s"
            lines.append("    TLSA \(service.tlsa.owner) \(security), \(ttl)")
        }
        lines += service.tlsa.records.map { record in
            let use = record.isServed ? "served" : "not served"
            let reason = record.reason.map { ": \($0)" } ?? ""
            return "      \(brief(record.record))  \(record.standing), \(use)\(reason)"
        }
        return lines + service.endpoints.flatMap(endpoint) + service.nameServers.map(server)
    }

    private static func endpoint(_ endpoint: DANEReportEndpoint) -> [String] {
        let reason = endpoint.reason.map { ": \($0)" } ?? ""
        let address = endpoint.address.contains(":") ? "[\(endpoint.address)]" : endpoint.address
        return ["    \(address): \(endpoint.state)\(reason)"]
            + endpoint.served.map { served in
                let expiry = served.notAfter.map { ", until \($0.prefix(10))" } ?? ""
                let name = served.asked.map { "SNI \($0)" } ?? "without SNI"
                let match = served.record.map { "matches \(brief($0))" } ?? served.match
                return "      \(name): \(served.version)\(expiry), \(match)"
            }
    }

    private static func server(_ server: DANEReportServer) -> String {
        let place = "    name server \(server.name) at \(server.address): "
        if let failure = server.failure { return place + failure }
        var parts = [server.records.isEmpty ? "no record" : CertificateTable.count(server.records.count, "record")]
        if let ttl = server.ttl { parts.append("TTL \(ttl) s") }
        if let serial = server.serial { parts.append("serial \(serial)") }
        if let until = server.signedUntil { parts.append("signed until \(until)") }
        return place + parts.joined(separator: ", ")
    }

    /// A record with the first sixteen digits of its data.
    static func brief(_ data: String) -> String {
        let words = data.split(separator: " ")
        guard words.count == 4, words[3].count > 16 else { return data }
        return words.prefix(3).joined(separator: " ") + " \(words[3].prefix(16))..."
    }
}
