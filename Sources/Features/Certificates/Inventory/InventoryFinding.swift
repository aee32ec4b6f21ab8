/// Every finding that reading a tree can give: the stable codes, how bad each is, and what it means.
package enum InventoryFinding: String, CaseIterable, Sendable {
    // The tree
    case treeMissing = "tree-missing"
    case treeEmpty = "tree-empty"
    case treeFolder = "tree-folder"
    case treeForeign = "tree-foreign"
    case accountKeyReadable = "account-key-readable"
    case leftoverKeys = "leftover-keys"
    case leftoverRequests = "leftover-requests"
    case leftoverKeyReadable = "leftover-key-readable"
    // Renewal confs
    case confMissing = "conf-missing"
    case confNotFile = "conf-not-file"
    case confTooLarge = "conf-too-large"
    case confUnread = "conf-unread"
    case confEmpty = "conf-empty"
    case confUnparsable = "conf-unparsable"
    case confIncomplete = "conf-incomplete"
    case confNoParameters = "conf-no-parameters"
    case confInterpolation = "conf-interpolation"
    case confLink = "conf-link"
    case confOwner = "conf-owner"
    case confWritable = "conf-writable"
    case confPathMoved = "conf-path-moved"
    case confPathOutside = "conf-path-outside"
    case confPathHost = "conf-path-host"
    case confPathOther = "conf-path-other"
    case confPathKind = "conf-path-kind"
    case archiveMoved = "archive-moved"
    case archiveOutside = "archive-outside"
    case archiveHost = "archive-host"
    case archiveOther = "archive-other"
    case archiveShared = "archive-shared"
    case liveShared = "live-shared"
    case renewalOff = "renewal-off"
    case accountMissing = "account-missing"
    // Live
    case liveMissing = "live-missing"
    case liveNotFolder = "live-not-folder"
    case liveUnread = "live-unread"
    case liveKindMissing = "live-kind-missing"
    case liveBroken = "live-broken"
    case liveNotLink = "live-not-link"
    case liveAbsolute = "live-absolute"
    case liveChained = "live-chained"
    case liveWrongKind = "live-wrong-kind"
    case liveOther = "live-other"
    case liveOutside = "live-outside"
    case liveOddTarget = "live-odd-target"
    case liveMixedVersions = "live-mixed-versions"
    case liveBehind = "live-behind"
    case liveExtra = "live-extra"
    case liveAlias = "live-alias"
    // Archive
    case archiveMissing = "archive-missing"
    case archiveNotFolder = "archive-not-folder"
    case archiveUnread = "archive-unread"
    case archiveIncomplete = "archive-incomplete"
    case archiveNotFile = "archive-not-file"
    case archiveExtra = "archive-extra"
    // What the files hold
    case fileUnread = "file-unread"
    case fileTooLarge = "file-too-large"
    case fileEmpty = "file-empty"
    case certUnreadable = "cert-unreadable"
    case certExtra = "cert-extra"
    case chainUnreadable = "chain-unreadable"
    case chainOrder = "chain-order"
    case fullchainMismatch = "fullchain-mismatch"
    case keyMissing = "key-missing"
    case keyUnreadable = "key-unreadable"
    case keyEncrypted = "key-encrypted"
    case keyUnknown = "key-unknown"
    case keyMismatch = "key-mismatch"
    case keyReadable = "key-readable"
    case keyGroupReadable = "key-group-readable"
    case keyMode = "key-mode"
    case keyOwner = "key-owner"
    case expired = "expired"
    case notYetValid = "not-yet-valid"
    // Names
    case nameNotUTF8 = "name-not-utf8"
    case orphanArchive = "orphan-archive"
    case orphanLive = "orphan-live"
    case orphanFile = "orphan-file"
    // Renewal logs
    case renewalFailing = "renewal-failing"

    /// How bad it is.
    package var severity: Finding.Severity { facts.0 }
    /// What it means, in one sentence.
    package var meaning: String { facts.1 }

    private var facts: (Finding.Severity, String) { Self.table[self] ?? (.problem, rawValue) }

    /// The table that the reference is made of.
    static let table: [Self: (Finding.Severity, String)] = trees.merging(confs) { one, _ in one }
        .merging(folders) { one, _ in one }.merging(contents) { one, _ in one }

    private static let trees: [Self: (Finding.Severity, String)] = [
        .treeMissing: (.problem, "The tree's folder does not exist or is no folder."),
        .treeEmpty: (.warning, "The folder holds neither renewal, live nor archive: it is no certbot tree."),
        .treeFolder: (.problem, "renewal, live or archive is no folder, or is a symlink that leads out of the tree."),
        .treeForeign: (.note, "Certbot knows the tree by another path, in a container or below another root."),
        .accountKeyReadable: (.problem, "Others can read an ACME account's private key."),
        .leftoverKeys: (
            .note, "A private key in keys/, or that whole folder, that certbot wrote and never reads again."
        ),
        .leftoverRequests: (
            .note, "A signing request in csr/, or that whole folder, that certbot wrote and never reads again."
        ),
        .leftoverKeyReadable: (.problem, "Others can read a private key in keys/."),
        .liveAlias: (.note, "An entry of live/ is a symlink to another folder."),
        .nameNotUTF8: (.warning, "The lineage's name is not UTF-8: certbot can't work with it."),
        .orphanArchive: (.warning, "A folder in archive/ that no conf and no live folder knows."),
        .orphanLive: (.warning, "A folder in live/ that no conf knows."),
        .orphanFile: (.note, "A file in renewal/, live/ or archive/ that certbot does not put there."),
        .renewalFailing: (.problem, "Certbot's log says that the last renewal failed."),
    ]

    private static let confs: [Self: (Finding.Severity, String)] = [
        .confMissing: (.problem, "There are files of a lineage and no renewal conf: nothing renews it."),
        .confNotFile: (.problem, "The renewal conf is a folder, a FIFO, a socket or a device."),
        .confTooLarge: (.problem, "The renewal conf is larger than 1 MiB and was not read."),
        .confUnread: (.problem, "The renewal conf could not be read."),
        .confEmpty: (.problem, "The renewal conf is empty."),
        .confUnparsable: (
            .problem, "The renewal conf can't be parsed: certbot skips it, and certbot delete loses its keys."
        ),
        .confIncomplete: (.problem, "The renewal conf lacks one of cert, privkey, chain, fullchain."),
        .confNoParameters: (
            .problem, "The renewal conf has no [renewalparams] or no authenticator: certbot can't renew it."
        ),
        .confInterpolation: (.problem, "A value holds %(...)s, which certbot's parser tries to replace, and fails."),
        .confLink: (.warning, "The renewal conf is a symlink."),
        .confOwner: (.problem, "The renewal conf belongs to a user who is neither root nor the tree's owner."),
        .confWritable: (.problem, "Others can write the renewal conf, and with it commands that certbot runs as root."),
        .confPathMoved: (
            .problem, "A path in the conf leads to a place in the tree that is not the lineage's live folder."
        ),
        .confPathOutside: (.problem, "A path in the conf leads out of the tree."),
        .confPathHost: (.problem, "A path in the conf is the host's, which certbot does not know in its container."),
        .confPathOther: (.problem, "A path in the conf leads into another lineage's live folder."),
        .confPathKind: (.problem, "A path in the conf names another kind of file than its key."),
        .archiveMoved: (.problem, "archive_dir leads to a place in the tree that is not in archive/."),
        .archiveOutside: (.problem, "archive_dir leads out of the tree."),
        .archiveHost: (.problem, "archive_dir is a path of the host, which certbot does not know in its container."),
        .archiveOther: (.problem, "archive_dir is another lineage's: certbot delete would destroy that one's keys."),
        .archiveShared: (.problem, "Several confs have the same archive."),
        .liveShared: (.problem, "Several confs have the same live folder."),
        .renewalOff: (.note, "The conf says autorenew = False: certbot does not renew it."),
        .accountMissing: (.problem, "The conf's ACME account is not in accounts/: renewals fail."),
    ]

    private static let folders: [Self: (Finding.Severity, String)] = [
        .liveMissing: (.problem, "The lineage has no live folder."),
        .liveNotFolder: (.problem, "The lineage's entry in live/ is no folder."),
        .liveUnread: (.warning, "The lineage's live folder could not be read."),
        .liveKindMissing: (.problem, "The live folder lacks one of the four symlinks."),
        .liveBroken: (.problem, "A symlink in live leads nowhere, or in a circle."),
        .liveNotLink: (.problem, "A file stands in live where certbot needs a symlink."),
        .liveAbsolute: (.note, "A symlink in live is absolute: it breaks when the tree is moved or mounted elsewhere."),
        .liveChained: (.warning, "A symlink in live leads through another symlink."),
        .liveWrongKind: (.problem, "A symlink in live leads to another kind of file, such as privkey to cert."),
        .liveOther: (.problem, "A symlink in live leads into another lineage's archive."),
        .liveOutside: (.warning, "A symlink in live leads out of the tree."),
        .liveOddTarget: (.warning, "A symlink in live leads to a file that isn't named as certbot names its versions."),
        .liveMixedVersions: (.problem, "The symlinks in live lead to different versions."),
        .liveBehind: (.warning, "The archive holds a newer complete version than the one that live leads to."),
        .liveExtra: (.note, "The live folder holds files that certbot does not put there."),
        .archiveMissing: (.problem, "The lineage has no archive folder."),
        .archiveNotFolder: (.problem, "The lineage's entry in archive/ is no folder."),
        .archiveUnread: (.warning, "The lineage's archive folder could not be read."),
        .archiveIncomplete: (.warning, "The newest version in the archive lacks files."),
        .archiveNotFile: (
            .warning, "Something that is no regular file stands in the archive where a version's file should."
        ),
        .archiveExtra: (.note, "The archive folder holds files that certbot does not put there."),
    ]

    private static let contents: [Self: (Finding.Severity, String)] = [
        .fileUnread: (.warning, "A file of the lineage could not be read."),
        .fileTooLarge: (.problem, "A file of the lineage is larger than 1 MiB and was not read."),
        .fileEmpty: (.problem, "A file of the lineage is empty."),
        .certUnreadable: (.problem, "The certificate's file holds no certificate that can be read."),
        .certExtra: (.note, "The certificate's file holds more than one certificate."),
        .chainUnreadable: (.problem, "The chain's file holds a certificate that can't be read."),
        .chainOrder: (.problem, "The chain is in the wrong order, or another certificate's."),
        .fullchainMismatch: (.problem, "The full chain is not the certificate followed by the chain."),
        .keyMissing: (.problem, "There is no private key for the certificate."),
        .keyUnreadable: (.problem, "The private key's file holds no private key."),
        .keyEncrypted: (.warning, "The private key has a passphrase, so that nothing can be said about it."),
        .keyUnknown: (.note, "The private key is of a kind whose public part can't be told."),
        .keyMismatch: (.problem, "The private key does not belong to the certificate."),
        .keyReadable: (.problem, "Others can read a private key."),
        .keyGroupReadable: (.note, "A group can read a private key."),
        .keyMode: (.note, "A private key's mode lets others read it; only the folders above keep them out."),
        .keyOwner: (.warning, "The private key belongs to a user who is neither root nor the tree's owner."),
        .expired: (.warning, "The certificate no longer holds."),
        .notYetValid: (.warning, "The certificate does not hold yet."),
    ]
}

extension Finding {
    /// A finding of a tree; its severity is the table's.
    init(_ code: InventoryFinding, _ text: String, path: String? = nil) {
        self.init(code.rawValue, code.severity, text, path: path)
    }
}
