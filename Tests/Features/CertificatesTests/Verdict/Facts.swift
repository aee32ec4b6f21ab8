import Foundation
import StewardCertificates

/// Shorthands for the facts that verdicts are made from.
enum Facts {
    static let now = Date(timeIntervalSince1970: 1_750_000_000)

    static func days(_ days: Double) -> Date { now.addingTimeInterval(days * 86_400) }

    static func print(_ seed: Int) -> Fingerprint {
        Fingerprint((0..<32).map { UInt8(truncatingIfNeeded: seed &* 31 &+ $0) })
    }

    static func certificate(_ names: [String], ends: Double = 60, began: Double = -30, seed: Int = 1)
        -> CertificateFacts
    {
        CertificateFacts(
            names: names, key: KeyFacts(.ecdsa, bits: 256), issuer: "R3", serial: "01", notBefore: days(began),
            notAfter: days(ends), fingerprint: print(seed), spki: print(seed + 1000))
    }

    /// A sound lineage of `/t`, issued and renewed before, unless told otherwise.
    static func lineage(
        _ name: String, names: [String]? = nil, ends: Double = 60, seed: Int? = nil, tree: String = "/t",
        folders: [String]? = nil
    ) -> Lineage {
        Lineage(
            name: name, tree: tree,
            certificate: certificate(
                names ?? [name], ends: ends, seed: seed ?? name.utf8.reduce(7) { $0 &* 5 &+ Int($1) }),
            renewal: RenewalFacts(), version: 2, versions: [1, 2],
            folders: folders ?? ["\(tree)/live/\(name)", "\(tree)/archive/\(name)"])
    }

    static func inventory(_ lineages: [Lineage], unread: [UnreadPlace] = []) -> Inventory {
        Inventory(
            trees: Set(lineages.map(\.tree)).sorted().map { CertbotTree(path: $0) }, lineages: lineages, unread: unread)
    }

    static func report(
        _ evidence: [Evidence] = [], names: [NameFacts] = [], unread: [UnreadPlace] = [],
        looked: [String] = ["nginx", "port 443"]
    ) -> EvidenceReport {
        EvidenceReport(evidence: evidence, names: names, looked: looked, unread: unread)
    }

    static func verdicts(_ lineages: [Lineage], _ report: EvidenceReport = report()) -> [String: Verdict] {
        let verdicts = Judge.verdicts(inventory: inventory(lineages), report: report, now: now)
        return Dictionary(verdicts.map { ($0.key.name, $0.value) }, uniquingKeysWith: { one, _ in one })
    }

    static func path(_ path: String, _ kind: Evidence.Kind = .nginx) -> Evidence {
        Evidence(kind, at: Place("/etc/\(kind.rawValue)", line: 3), target: .path(path))
    }
}
