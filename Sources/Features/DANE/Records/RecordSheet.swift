package import StewardCertificates
package import StewardDNS

/// A record for a service in the forms that people take it away in: a line of a zone file, a script for nsupdate, JSON.
package struct RecordSheet: Hashable, Sendable, Encodable {
    /// The record's owner: `_25._tcp.mail.example.`.
    package var owner: DomainName
    /// In seconds.
    package var ttl: UInt32
    /// The record.
    package var record: TLSA
    /// What it was made from: `CN=mail.example, depth 0`.
    package var source: String
    /// What to know before relying on it.
    package var warnings: [Finding]

    /// A record that was made, for the service.
    package init(_ made: MadeRecord, owner: DomainName, ttl: UInt32, isSMTP: Bool) {
        self.owner = owner
        self.ttl = ttl
        record = made.record
        let what = made.record.selector == 0 ? "the certificate" : "the key"
        let name = made.certificate.map { $0.facts.names.first ?? "serial \($0.facts.serial)" }
        switch (made.depth, name) {
        case (_, nil): source = "the key"
        case (0, let name?): source = "\(what) of the server (\(name))"
        case (let depth, let name?): source = "\(what) of the authority '\(name)' at depth \(depth)"
        }
        warnings = RecordAdvice.warnings(RecordForm(made.record), isSMTP: isSMTP, source: source)
    }

    /// As a zone file has it, with everything spelt out.
    package var zoneLine: String { "\(owner) \(ttl) IN TLSA \(record)" }

    /// For nsupdate: what adds the record and leaves the others of its RRset as they are.
    package var updateScript: String { "update add \(owner) \(ttl) IN TLSA \(record)\nsend\n" }

    private enum CodingKeys: String, CodingKey {
        case owner, ttl, usage, selector, matching, data, record, source, warnings
    }

    /// Its fields, the record's apart and as text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(owner, forKey: .owner)
        try container.encode(ttl, forKey: .ttl)
        try container.encode(record.usage, forKey: .usage)
        try container.encode(record.selector, forKey: .selector)
        try container.encode(record.matching, forKey: .matching)
        try container.encode(record.hex, forKey: .data)
        try container.encode(record.description, forKey: .record)
        try container.encode(source, forKey: .source)
        try container.encode(warnings, forKey: .warnings)
    }
}

extension RecordForm {
    /// The form of a record.
    package init(_ record: TLSA) {
        self.init(usage: record.usage, selector: record.selector, matching: record.matching)
    }
}
