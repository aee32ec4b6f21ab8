import Crypto
internal import StewardDNS

extension LiveReader {
    /// What this part is called among the places that were looked at.
    static let recordsPlace = "TLSA records"
    /// Ports beside 25 about which TLSA records are asked where this machine listens on them.
    private static let ports = [443, 465, 587, 993]
    /// After so many questions without any answer no further ones are asked.
    private static let silenceLimit = 16

    /// What TLSA records (RFC 6698) of the certificates' names say: a record that holds a certificate or key of a lineage
    /// is a sign of use wherever the name leads, for mail servers elsewhere trust nothing else (RFC 7672). Asked are
    /// those names alone that have an address.
    ///
    /// Records that can't be had are told as one place that hides no use. What they are about, a port of this machine,
    /// is asked for its certificate by itself; without a network no lineage is to become unknown for their sake.
    func records(_ inventory: Inventory, _ names: [NameFacts]) async -> EvidenceReport {
        guard let tlsa, settings.root == "/", settings.probes, settings.looksUpNames else { return EvidenceReport() }
        let listening = Set(Listener.current.map(\.port))
        let questions = names.flatMap { facts -> [(String, Int)] in
            switch facts.resolution {
            case .here: ([25] + Self.ports.filter(listening.contains)).map { (facts.name, $0) }
            case .elsewhere: [(facts.name, 25)]
            case .nowhere, .unknown: []
            }
        }
        let prints = RecordPrints(inventory)
        var report = EvidenceReport(looked: [Self.recordsPlace])
        var silent: Set<String> = []
        var (answers, failures) = (0, 0)
        await withTaskGroup(of: (String, Int, TLSALookup.Answer).self) { group in
            for (name, port) in questions { group.addTask { (name, port, await tlsa(name, port, "tcp")) } }
            for await (name, port, answer) in group {
                switch answer {
                case .unknown:
                    silent.insert(name)
                    failures += 1
                    // Nobody answers: each further question would wait just as long.
                    if answers == 0, failures == Self.silenceLimit { group.cancelAll() }
                case .records(let records):
                    answers += 1
                    for target in Set(records.flatMap({ prints.targets($0, name) })) {
                        report.evidence.append(
                            Evidence(.dane, at: Place("_\(port)._tcp.\(name) TLSA"), target: target))
                    }
                }
            }
        }
        report.evidence.sort { ($0.place.text, "\($0.target)") < ($1.place.text, "\($1.target)") }
        if let name = silent.min() {
            let reason = "no answer about \(silent.count) of \(names.count) names, \(name) among them"
            report.unread.append(UnreadPlace(Self.recordsPlace, reason: reason, mayHoldUse: false))
        }
        return report
    }
}

/// Finds what a TLSA record holds among the lineages, by SHA-256 where the record has that or the whole.
private struct RecordPrints {
    private let lineages: [Lineage]

    init(_ inventory: Inventory) { lineages = inventory.lineages }

    /// What `record` of `name` points to.
    func targets(_ record: TLSA, _ name: String) -> [Evidence.Target] {
        guard record.selector <= 1 else { return [] }
        let print: Fingerprint? =
            switch record.matching {
            case 0: Fingerprint(sha256: record.bytes[...])
            case 1 where record.bytes.count == 32: Fingerprint(record.bytes)
            default: nil
            }
        if let print { return [record.selector == 1 ? .spki(print) : .fingerprint(print)] }
        guard record.matching == 2, record.bytes.count == 64 else { return [] }
        return long(record, name)
    }

    /// Of SHA-512, which the inventory doesn't have: the certificates of the lineages for `name` are read again.
    private func long(_ record: TLSA, _ name: String) -> [Evidence.Target] {
        let files = lineages.filter { $0.certificate?.covers(name) == true }.flatMap(Revoker.files)
        return files.compactMap { path in
            guard case .success(let bytes) = ConfigurationRoot().read(path),
                let der = PEM.blocks(bytes, limit: 1).first?.der, let facts = CertificateReader.read(der: der)?.facts
            else { return nil }
            let whole = record.selector == 1 ? CertificateReader.publicKey(der: der).map(Array.init) : der
            guard let whole, Array(SHA512.hash(data: whole)) == record.bytes else { return nil }
            return record.selector == 1 ? .spki(facts.spki) : .fingerprint(facts.fingerprint)
        }
    }
}
