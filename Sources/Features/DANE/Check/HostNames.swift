internal import StewardDNS
internal import SwiftASN1
internal import X509

/// Compares host names with a certificate's (RFC 7672, section 3.2.3; RFC 6125, section 6.4).
enum HostNames {
    /// The names a certificate says it is for: its DNS names, or its common names where it has none.
    static func presented(_ certificate: Certificate) -> [String] {
        let alternatives = (try? certificate.extensions.subjectAlternativeNames).flatMap { $0 }
        let names = alternatives?.compactMap { name in
            if case .dnsName(let text) = name { text } else { nil }
        }
        if let names, !names.isEmpty { return names }
        return certificate.subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.commonName }.map {
            $0.value.description
        }
    }

    /// The same of a certificate in DER; nil where it can't be read.
    static func presented(der: [UInt8]) -> [String]? { (try? Certificate(derEncoded: der)).map(presented) }

    /// Whether one of the certificate's names is one of `references`. A wildcard is the whole first label, stands for one
    /// label, and has at least two labels after it.
    static func match(_ presented: [String], _ references: [DomainName]) -> Bool {
        references.contains { reference in presented.contains { matches($0, reference) } }
    }

    private static func matches(_ text: String, _ reference: DomainName) -> Bool {
        guard !text.utf8.contains(0), !text.contains("\\") else { return false }
        guard text.hasPrefix("*.") else { return DomainName(text) == reference }
        guard let rest = DomainName(String(text.dropFirst(2))), rest.labels.count >= 2,
            reference.labels.count == rest.labels.count + 1
        else { return false }
        return reference.parent == rest
    }

    /// Whether the DNS names of a certificate are within its authorities' name constraints (RFC 5280, section 4.2.1.10).
    static func satisfy(_ presented: [String], _ constraints: NameConstraints) -> Bool {
        let names = presented.map { DomainName($0.hasPrefix("*.") ? String($0.dropFirst(2)) : $0) }
        func isWithin(_ name: DomainName?, _ subtree: String) -> Bool {
            let tree = DomainName(subtree.hasPrefix(".") ? String(subtree.dropFirst()) : subtree)
            guard let name, let tree else { return subtree.isEmpty }
            return name.isWithin(tree)
        }
        let permitted = Array(constraints.permittedDNSDomains), excluded = Array(constraints.excludedDNSDomains)
        return names.allSatisfy { name in
            (permitted.isEmpty || permitted.contains { isWithin(name, $0) })
                && !excluded.contains { isWithin(name, $0) }
        }
    }
}
