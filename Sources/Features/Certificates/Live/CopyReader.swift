import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Finds copies of the lineages' certificates and keys outside the trees, by their content.
struct CopyReader {
    /// Where copies usually are.
    static let usualFolders = [
        "/etc", "/usr/local/etc", "/opt", "/srv", "/var/lib/haproxy", "/var/lib/postfix", "/var/lib/dovecot",
        "/var/lib/docker/volumes", "/var/spool/postfix/etc",
    ]

    /// Stores of certification authorities that a runtime brings; no lineage is in them.
    private static let storesOfAuthorities = ["/etc/ssl/certs/java/cacerts", "/lib/security/cacerts"]

    let known: KnownCertificates
    let settings: LiveSettings

    /// Looks through the folders until `deadline`.
    func read(until deadline: ContinuousClock.Instant) -> EvidenceReport {
        var report = EvidenceReport()
        var loneKeys: [(place: String, key: Fingerprint)] = []
        var strangers: Set<Fingerprint> = []
        var links: [(place: String, target: String)] = []
        var scan = CopyScan(skipping: ownFolders, limit: settings.copyFileLimit) { ContinuousClock.now > deadline }
        for folder in folders {
            scan.walk(folder) { event in
                switch event {
                case .file(let candidate):
                    take(candidate, &report, &loneKeys, &strangers)
                case .link(let path, let target):
                    if let target = inTree(target, from: path) { links.append((FileName.shown(path), target)) }
                case .unreadable(let path, let reason):
                    report.unread.append(
                        UnreadPlace(FileName.shown(path), reason: "\(reason); whether it holds copies is unknown"))
                }
            }
            guard scan.isWhole else {
                let reason = "the search for copies was ended after \(scan.count) files; name the folders that matter"
                report.unread.append(UnreadPlace(folder, reason: reason))
                break
            }
        }
        for (place, key) in loneKeys { takeKey(place, key, &report, isStranger: strangers.contains(key)) }
        report.evidence += links.map {
            Evidence(.copy, at: Place($0.place), target: .path($0.target), detail: "symlink into the tree")
        }
        report.looked.append("copies in \(scan.count) files below \(folders.joined(separator: ", "))")
        return report
    }

    private var folders: [String] {
        let root = settings.root == "/" ? "" : settings.root
        let all = Self.usualFolders.map { root + $0 } + settings.copyFolders
        return all.enumerated().filter { index, folder in
            // What lies in another one is met there.
            !all.enumerated().contains { other, above in
                index != other && (folder.hasPrefix(above + "/") || folder == above && other < index)
            }
        }.map(\.element)
    }

    /// The folders of the trees, under whatever mount they are met. A lineage's own folder isn't among them: where that
    /// alone is mounted elsewhere, somebody wants it there.
    private var ownFolders: Set<InodeIdentity> {
        let parts = ["", "/live", "/archive", "/renewal", "/keys", "/csr", "/accounts"]
        return Set(known.inventory.trees.flatMap { tree in parts.compactMap { InodeIdentity(of: tree.path + $0) } })
    }

    private func take(
        _ file: CopyScan.Candidate, _ report: inout EvidenceReport,
        _ loneKeys: inout [(place: String, key: Fingerprint)], _ strangers: inout Set<Fingerprint>
    ) {
        let place = FileName.shown(file.path)
        guard !Self.storesOfAuthorities.contains(where: place.hasSuffix) else { return }
        let content = CertificateFile.read(file.bytes)
        if let locked = content.locked {
            let reason = "it is \(locked.rawValue); compare it by hand, or name its server's configuration"
            report.unread.append(UnreadPlace(place, reason: reason, mayHoldUse: locked == .store))
        }
        var hasMatch = false
        for facts in content.certificates {
            guard let match = known.match(facts) else {
                if let found = known.match(key: facts.spki, withOldVersions: false) {
                    hasMatch = true
                    note(place, .spki(facts.spki), found, "a certificate with its key", &report)
                } else {
                    strangers.insert(facts.spki)
                }
                continue
            }
            hasMatch = true
            let target = match.oldFile.map { Evidence.Target.path($0) } ?? .fingerprint(facts.fingerprint)
            note(place, target, match, how(file, match, "certificate"), &report)
            if let finding = stale(place, match, facts) { report.findings.append(finding) }
        }
        if let key = content.key, !hasMatch { loneKeys.append((place, key)) }
    }

    private func takeKey(_ place: String, _ key: Fingerprint, _ report: inout EvidenceReport, isStranger: Bool) {
        guard let match = known.match(key: key, withOldVersions: !isStranger) else { return }
        note(place, match.oldFile.map { .path($0) } ?? .spki(key), match, "private key", &report)
    }

    private func note(
        _ place: String, _ target: Evidence.Target, _ match: KnownCertificates.Match, _ what: String,
        _ report: inout EvidenceReport
    ) {
        let version = match.oldFile == nil ? "" : match.version.map { " of version \($0)" } ?? ""
        let sign = Evidence(.copy, at: Place(place), target: target, detail: what + version)
        if report.evidence.last != sign { report.evidence.append(sign) }
    }

    /// `certificate`, or that it is the archive's file itself.
    private func how(_ file: CopyScan.Candidate, _ match: KnownCertificates.Match, _ what: String) -> String {
        let lineage = known.inventory.lineages[match.lineage]
        guard let version = match.version ?? lineage.version else { return what }
        let isSame = lineage.folders.contains { folder in
            Lineage.Kind.allCases.contains {
                InodeIdentity(of: "\(folder)/\($0.rawValue)\(version).pem") == file.identity
            }
        }
        return isSame ? "the same file (hard link or mount)" : what
    }

    /// A copy of an older version than the newest.
    private func stale(_ place: String, _ match: KnownCertificates.Match, _ facts: CertificateFacts) -> Finding? {
        let lineage = known.inventory.lineages[match.lineage]
        guard match.oldFile != nil, let version = match.version, let newest = lineage.certificate,
            newest.notAfter > facts.notAfter
        else { return nil }
        return Finding(
            "stale-copy", .warning,
            "\(place) is a copy of version \(version) of \(lineage.name), which ends on "
                + "\(ServedFindings.day(facts.notAfter)); the newest ends on \(ServedFindings.day(newest.notAfter)). Copy "
                + "it again and reload what reads it, or delete the copy if nothing does; a deploy hook does it at every "
                + "renewal.",
            path: place)
    }

    /// Where a symlink's words lead, if that is in a tree.
    private func inTree(_ target: [UInt8], from path: [UInt8]) -> String? {
        let folder = path[..<(path.lastIndex(of: 47) ?? 0)]
        let whole = target.first == 47 ? target : Array(folder) + [47] + target
        var parts: [ArraySlice<UInt8>] = []
        for part in whole.split(separator: 47) where part != [46] {
            if part == [46, 46] { _ = parts.popLast() } else { parts.append(part) }
        }
        let text = parts.reduce(into: "") { $0 += "/" + FileName.shown($1) }
        for tree in known.inventory.trees {
            if text.hasPrefix(tree.path + "/") { return text }
            guard text.hasPrefix(tree.ownPath + "/") else { continue }
            // Certbot's own name for the tree may be the name of another place on this machine.
            let here = (settings.root == "/" ? "" : settings.root) + text
            if here.hasPrefix(tree.path + "/") || access(here, F_OK) != 0 {
                return tree.path + text.dropFirst(tree.ownPath.count)
            }
        }
        return nil
    }
}
