import StewardDNS

@testable import StewardDANE

/// A resolver's answers, written down.
struct TestZone: Resolving {
    private var answers: [Key: Resolution] = [:]

    private struct Key: Hashable {
        var name: DomainName
        var type: RecordType
    }

    /// All that is not written down is a secure "there is none".
    func resolve(_ name: DomainName, _ type: RecordType) async -> Resolution {
        answers[Key(name: name, type: type)] ?? Resolution(name: name, type: type, security: .secure, ttl: 300)
    }

    mutating func set(
        _ name: String, _ type: RecordType, _ security: Resolution.Security = .secure, code: UInt8 = 0,
        alias: String? = nil, _ data: [RecordData] = []
    ) {
        guard let owner = DomainName(name) else { return }
        let canonical = alias.flatMap { DomainName($0) } ?? owner
        answers[Key(name: owner, type: type)] = Resolution(
            name: owner, type: type, security: security, code: code,
            records: data.map { ResourceRecord(canonical, type, ttl: 300, $0) }, canonicalName: canonical, ttl: 300)
    }

    mutating func mx(_ domain: String, _ hosts: [(UInt16, String)], _ security: Resolution.Security = .secure) {
        set(
            domain, .mx, security,
            hosts.compactMap { preference, host in DomainName(host).map { .mx(preference: preference, $0) } })
    }

    mutating func a(
        _ host: String, _ addresses: [String], _ security: Resolution.Security = .secure, alias: String? = nil
    ) {
        let data = addresses.compactMap(RecordData.init(address:))
        for type in [RecordType.a, .aaaa] {
            set(
                host, type, security, alias: alias,
                data.filter { if case .a = $0 { type == .a } else { type == .aaaa } })
        }
    }

    mutating func tlsa(_ host: String, port: Int, _ records: [TLSA], _ security: Resolution.Security = .secure) {
        set("_\(port)._tcp.\(host)", .tlsa, security, records.map { .tlsa($0) })
    }
}
