#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What speaks for and against besides use: where the names lead, and age.
extension Bench {
    func nameReasons(_ index: Int) -> [String] {
        (lineages[index].certificate?.names ?? []).compactMap { name in
            switch names[name] {
            case nil: nil
            case .here(let addresses):
                "\(name) leads here (\(Wording.list(addresses))); that alone is no use."
            case .elsewhere(let addresses):
                "\(name) leads to \(Wording.list(addresses)), which is not this machine."
            case .nowhere: "\(name) no longer resolves."
            case .unknown(let why): "Where \(name) leads could not be found out: \(why)."
            }
        }
    }

    func expiryReasons(_ index: Int) -> [String] {
        guard let certificate = lineages[index].certificate, certificate.notAfter <= now else { return [] }
        let days = Int(now.timeIntervalSince(certificate.notAfter) / 86_400)
        let day = certificate.notAfter.formatted(.iso8601.year().month().day())
        return ["Its certificate expired on \(day), \(Wording.count(days, "day")) ago."]
    }

    /// What suggests that a lineage without use is still to be put to use.
    func ageReasons(_ index: Int) -> [String] {
        var reasons: [String] = []
        if let twin = rivals.ailingTwin(of: index) {
            reasons.append(
                "\(twin) has the same names, is in use and no longer works: this one may be meant to replace it.")
        }
        if let certificate = lineages[index].certificate, lineages[index].versions == [1],
            certificate.notBefore <= now, now.timeIntervalSince(certificate.notBefore) < 7 * 86_400
        {
            reasons.append("It was issued less than 7 days ago: a server may still be about to be set up with it.")
        }
        return reasons
    }
}

/// Whether certbot and servers can work with a lineage as it is.
enum Soundness {
    /// Findings that mean that the lineage can't be used or renewed as it is.
    static let codes: Set<String> = [
        "conf-missing", "conf-not-file", "conf-too-large", "conf-unread", "conf-empty", "conf-unparsable",
        "conf-incomplete", "conf-no-parameters", "conf-interpolation", "conf-path-moved",
        "conf-path-other", "conf-path-kind", "archive-moved", "archive-other", "live-missing",
        "live-not-folder", "live-kind-missing", "live-broken", "live-not-link", "live-wrong-kind", "live-other",
        "live-outside", "archive-missing", "archive-not-folder", "cert-unreadable", "chain-unreadable",
        "fullchain-mismatch", "file-empty", "key-missing", "key-unreadable", "key-mismatch",
    ]

    /// What is wrong, without a full stop; nil where it is sound.
    static func fault(_ lineage: Lineage) -> String? {
        if lineage.certificate == nil { return "no certificate of it can be read" }
        if lineage.version == nil { return "live/\(lineage.name) does not lead to a complete version" }
        if lineage.renewal == nil {
            return "certbot can't renew it: renewal/\(lineage.name).conf is missing or can't be read"
        }
        guard let finding = lineage.findings.first(where: { codes.contains($0.code) }) else { return nil }
        let text = finding.text.hasSuffix(".") ? String(finding.text.dropLast()) : finding.text
        return text
    }
}
