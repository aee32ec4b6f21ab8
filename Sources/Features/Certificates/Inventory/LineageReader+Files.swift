#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension LineageReader {
    /// Reads the certificate, the chain and the key that live leads to; of the newest version where live is broken.
    func readFiles(_ draft: inout Draft) {
        let files = Dictionary(
            uniqueKeysWithValues: Lineage.Kind.allCases.map { ($0, content($0, &draft)) })
        let cert = files[.cert] ?? nil, full = files[.fullchain] ?? nil
        let certPath = shownPath(.cert, draft)
        var leaf: CertificateReader.Reading?
        if let cert {
            let readings = CertificateReader.readAll(cert.bytes)
            leaf = readings.first ?? nil
            if leaf == nil, !cert.bytes.isEmpty {
                draft.add(
                    .certUnreadable,
                    "\(certPath) holds no certificate that can be read: it is damaged or truncated. Restore it, or renew with "
                        + "--force-renewal.", path: certPath)
            } else if readings.count > 1 {
                draft.add(
                    .certExtra, "\(certPath) holds \(readings.count) certificates; servers may send them all.",
                    path: certPath)
            }
        }
        judgeChain(leaf, cert, files[.chain] ?? nil, full, &draft)
        if leaf == nil, let full { leaf = CertificateReader.readAll(full.bytes).first ?? nil }
        draft.result.lineage.certificate = leaf?.facts
        judgeKey(files[.privkey] ?? nil, leaf, &draft)
        if let facts = leaf?.facts { judgeValidity(facts, &draft) }
    }

    private func shownPath(_ kind: Lineage.Kind, _ draft: Draft) -> String {
        if let link = draft.links.first(where: { $0.kind == kind }), case .inside(let parts) = link.end {
            return open.paths.shown(parts)
        }
        if draft.result.lineage.livePath != nil { return "\(open.paths.shown(draft.livePlace))/\(kind.file)" }
        let version = draft.listing.newestComplete ?? draft.listing.versions.keys.max() ?? 1
        return "\(open.paths.shown(draft.archivePlace))/\(kind.rawValue)\(version).pem"
    }

    private func judgeValidity(_ facts: CertificateFacts, _ draft: inout Draft) {
        if facts.notAfter < open.now {
            let days = Int(open.now.timeIntervalSince(facts.notAfter) / 86400)
            draft.add(
                .expired,
                "The certificate expired \(days == 0 ? "today" : days == 1 ? "1 day ago" : "\(days) days ago"). Renew "
                    + "it, or remove the lineage if nothing uses it.")
        } else if facts.notBefore > open.now.addingTimeInterval(300) {
            let days = Int(facts.notBefore.timeIntervalSince(open.now) / 86400)
            draft.add(
                .notYetValid,
                "The certificate does not hold yet; it begins in \(days) days. Is the clock of this machine right?")
        }
    }

    // MARK: - Reading

    /// The file of `kind` that live leads to, or the newest version's where live leads nowhere.
    private func content(_ kind: Lineage.Kind, _ draft: inout Draft) -> FileContent? {
        let link = draft.links.first { $0.kind == kind }
        do throws(FileTrouble) {
            let content = try read(kind, link, draft)
            if let content, content.bytes.isEmpty {
                let path = shownPath(kind, draft)
                draft.add(.fileEmpty, "\(path) is empty. Restore it, or renew with --force-renewal.", path: path)
            }
            return content
        } catch {
            tell(error, kind, &draft)
            return nil
        }
    }

    private func read(_ kind: Lineage.Kind, _ link: LiveLink?, _ draft: Draft) throws(FileTrouble) -> FileContent? {
        switch link?.end {
        case .inside(let parts), .host(let parts):
            if let archive = draft.archive, Array(parts.dropLast()) == draft.archivePlace, let last = parts.last {
                return try archive.read(FileName(last))
            }
            return try open.root.readBeneath(Array(TreePaths.joined(parts).dropFirst()))
        case .notLink:
            let parts = draft.livePlace + [Array(kind.file.utf8)]
            return try open.root.readBeneath(Array(TreePaths.joined(parts).dropFirst()))
        case .outside(let path):
            // Only what may be public is read out of the tree.
            guard kind != .privkey, let reachable = open.paths.reachable(path) else { return nil }
            return try Folder.read(reachable)
        default:
            guard let archive = draft.archive else { return nil }
            // The version that the other symlinks lead to, else the newest.
            let stated = Set(draft.links.compactMap { $0.archive?.file?.version })
            let version = stated.count == 1 ? stated.first : draft.listing.newestComplete
            let newest = draft.listing.versions.filter { $0.value.contains(KindSet(kind)) }.keys.max()
            guard let newest else { return nil }
            if let version, draft.listing.holds(VersionFile(kind, version)) {
                return try archive.read(VersionFile(kind, version).name)
            }
            // Another version's key would be compared with this version's certificate.
            if kind == .privkey, version != nil { return nil }
            return try archive.read(VersionFile(kind, newest).name)
        }
    }

    private func tell(_ trouble: FileTrouble, _ kind: Lineage.Kind, _ draft: inout Draft) {
        let path = shownPath(kind, draft)
        if trouble == .tooLarge {
            return draft.add(.fileTooLarge, "\(path) was not read: \(trouble.text). Restore it.", path: path)
        }
        let out = trouble.isDenied ? " Run Steward as root to have it checked." : " Restore it."
        draft.add(.fileUnread, "\(path) can't be read: \(trouble.text).\(out)", path: path)
        if kind != .privkey { draft.result.unread.append(UnreadPlace(path, reason: trouble.text)) }
    }

    // MARK: - The chain

    private func judgeChain(
        _ leaf: CertificateReader.Reading?, _ cert: FileContent?, _ chain: FileContent?, _ full: FileContent?,
        _ draft: inout Draft
    ) {
        if let chain, !chain.bytes.isEmpty {
            let path = shownPath(.chain, draft)
            switch chains.chain(chain.bytes) {
            case .unreadable:
                draft.add(
                    .chainUnreadable, "\(path) holds a certificate that can't be read. Restore it, or renew.",
                    path: path)
            case .disordered:
                draft.add(
                    .chainOrder,
                    "\(path) is in the wrong order: each certificate must be issued by the one after it. Put them in "
                        + "order.", path: path)
            case .ordered(let first):
                if let leaf, leaf.issuer != first {
                    draft.add(
                        .chainOrder,
                        "\(path) does not begin with the certificate of the issuer, \(leaf.facts.issuer): the chain is "
                            + "in the wrong order or another certificate's. Renew with --force-renewal.", path: path)
                }
            }
        }
        if let full, !full.bytes.isEmpty { judgeFull(full, leaf, cert, chain, &draft) }
    }

    private func judgeFull(
        _ full: FileContent, _ leaf: CertificateReader.Reading?, _ cert: FileContent?, _ chain: FileContent?,
        _ draft: inout Draft
    ) {
        if let cert, let chain, full.bytes.count == cert.bytes.count + chain.bytes.count,
            full.bytes.starts(with: cert.bytes), full.bytes.dropFirst(cert.bytes.count).elementsEqual(chain.bytes)
        {
            return
        }
        let path = shownPath(.fullchain, draft)
        let all = CertificateReader.readAll(full.bytes)
        guard let first = all.first else {
            return draft.add(
                .certUnreadable, "\(path) holds no certificate that can be read. Restore it, or renew.", path: path)
        }
        if all.contains(where: { $0 == nil }) {
            draft.add(
                .chainUnreadable, "\(path) holds a certificate that can't be read. Restore it, or renew.", path: path)
        }
        let read = all.compactMap { $0 }
        if zip(read, read.dropFirst()).contains(where: { $0.issuer != $1.subject }) {
            draft.add(
                .chainOrder,
                "\(path) is in the wrong order: it must begin with the leaf, and each certificate must be issued by "
                    + "the one after it. Put them in order, or renew.", path: path)
        }
        let chained = chain.map { CertificateReader.readAll($0.bytes).compactMap { $0?.facts.fingerprint } }
        let rest = read.dropFirst().map(\.facts.fingerprint)
        if let leaf, first?.facts.fingerprint != leaf.facts.fingerprint || chained.map({ $0 != rest }) ?? false {
            draft.add(
                .fullchainMismatch,
                "\(path) is not the certificate followed by the chain: servers that use it serve something else than "
                    + "cert.pem holds. Renew with --force-renewal.", path: path)
        }
    }
}

/// Chains that were read before: most lineages have the same.
struct ChainCache {
    /// What is to be said of a chain.
    enum Chain {
        case unreadable
        case disordered
        /// Each is issued by the next; the first one's subject.
        case ordered(first: [UInt8])
    }

    /// The file's bytes, hashed at once.
    private struct Key: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    private var known: [Key: Chain] = [:]

    /// Judges the certificates in `bytes`.
    mutating func chain(_ bytes: [UInt8]) -> Chain {
        if let chain = known[Key(bytes: bytes)] { return chain }
        let all = CertificateReader.readAll(bytes)
        let read = all.compactMap { $0 }
        var chain = Chain.unreadable
        if let first = read.first, read.count == all.count {
            let ordered = zip(read, read.dropFirst()).allSatisfy { $0.issuer == $1.subject }
            chain = ordered ? .ordered(first: first.subject) : .disordered
        }
        if known.count >= 64 { known.removeAll() }
        known[Key(bytes: bytes)] = chain
        return chain
    }
}
