import Glibc

extension LineageReader {
    /// Whether the key is there, belongs to the certificate, and is kept from others.
    func judgeKey(_ key: FileContent?, _ leaf: CertificateReader.Reading?, _ draft: inout Draft) {
        let path = keyPath(draft)
        guard let key else {
            let wasTold = draft.result.lineage.findings.contains { $0.path == path && $0.code == "file-unread" }
            if !wasTold, draft.archive != nil, !open.archive.isUnread, !open.live.isUnread, !isOutside(draft) {
                draft.add(
                    .keyMissing,
                    "The private key is missing: \(path) can't be found. Restore it, or issue the certificate again.",
                    path: path)
            }
            return
        }
        if !key.bytes.isEmpty { judgeContent(key, leaf, path, &draft) }
        judgeAccess(key.status, path, &draft)
        judgeOlderKeys(&draft)
    }

    private func isOutside(_ draft: Draft) -> Bool {
        draft.links.contains {
            if $0.kind == .privkey, case .outside = $0.end { return true }
            return false
        }
    }

    private func keyPath(_ draft: Draft) -> String {
        if let link = draft.links.first(where: { $0.kind == .privkey }), case .inside(let parts) = link.end {
            return open.paths.shown(parts)
        }
        let version = draft.listing.newestComplete ?? draft.listing.versions.keys.max()
        if draft.links.isEmpty || draft.links.contains(where: { $0.kind == .privkey && $0.end == .missing }),
            let version
        {
            return "\(open.paths.shown(draft.archivePlace))/privkey\(version).pem"
        }
        return "\(open.paths.shown(draft.livePlace))/privkey.pem"
    }

    private func judgeContent(
        _ key: FileContent, _ leaf: CertificateReader.Reading?, _ path: String, _ draft: inout Draft
    ) {
        switch PrivateKeyReader.read(key.bytes) {
        case .key(let spki):
            draft.result.lineage.keySPKI = spki
            if let leaf, leaf.facts.spki != spki {
                draft.add(
                    .keyMismatch,
                    "\(path) does not belong to the certificate: servers refuse the pair. Restore the right key, or "
                        + "renew with --force-renewal.", path: path)
            }
        case .encrypted:
            draft.add(
                .keyEncrypted,
                "\(path) has a passphrase: whether it belongs to the certificate can't be said, and servers need the "
                    + "passphrase.", path: path)
        case .unknown:
            draft.add(
                .keyUnknown, "\(path) is a key of a kind that Steward does not know; it was not compared.", path: path)
        case .none:
            draft.add(
                .keyUnreadable,
                "\(path) holds no private key that can be read. Restore it, or renew with --force-renewal.", path: path)
        }
    }

    // MARK: - Permissions

    private func judgeAccess(_ status: FileStatus, _ path: String, _ draft: inout Draft) {
        let mode = String(status.mode, radix: 8)
        let out = "Run: chmod 0600 \(path)."
        if status.mode & 0o006 != 0 {
            if passes(0o001, draft) {
                draft.add(
                    .keyReadable, "\(path) has mode 0\(mode): others can read the private key. \(out)", path: path)
            } else {
                draft.add(
                    .keyMode,
                    "\(path) has mode 0\(mode), which lets others read it; only the permissions of the folders above "
                        + "keep them out. \(out)", path: path)
            }
        } else if status.mode & 0o060 != 0, passes(0o010, draft) {
            draft.add(
                .keyGroupReadable,
                "\(path) has mode 0\(mode): the group \(status.group) can read the private key. If that is not meant: "
                    + "chmod 0600 \(path).", path: path)
        }
        if !open.trusts(status.user) {
            draft.add(
                .keyOwner,
                "\(path) is owned by the user \(status.user), who is neither root nor the tree's owner. Run: chown "
                    + "root \(path).", path: path)
        }
    }

    private func passes(_ bit: mode_t, _ draft: Draft) -> Bool {
        open.lets(bit) && draft.archiveStatus.map { $0.mode & bit != 0 } ?? false
    }

    /// Older versions' keys may still be in use somewhere, pinned or with `reuse_key`. They are looked at only where
    /// the folders above let others pass.
    private func judgeOlderKeys(_ draft: inout Draft) {
        guard passes(0o001, draft), let archive = draft.archive else { return }
        let newest = draft.result.lineage.version ?? draft.listing.newestComplete
        let open = draft.listing.versions.keys.sorted().filter { version in
            guard version != newest, draft.listing.holds(VersionFile(.privkey, version)) else { return false }
            return archive.status(VersionFile(.privkey, version).name).map { $0.mode & 0o006 != 0 } ?? false
        }
        guard let first = open.first else { return }
        let path = "\(self.open.paths.shown(draft.archivePlace))/privkey\(first).pem"
        draft.add(
            .keyReadable,
            "Others can read \(open.count == 1 ? "the private key of an older version" : "\(open.count) private keys of older versions"): "
                + "\(path)\(open.count > 1 ? ", ..." : ""). Run: chmod 0600 on "
                + "\(open.count == 1 ? "it" : "them").", path: path)
    }
}
