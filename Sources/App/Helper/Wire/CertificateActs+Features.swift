internal import Foundation
internal import StewardAPI
internal import StewardCertificates
internal import StewardCore

extension CertificatePlan {
    init(_ plan: Plan) {
        self.init(
            goes: plan.removals.map { removal in
                Entry(
                    name: removal.lineage.name, tree: removal.lineage.tree, state: removal.state.rawValue,
                    reasons: removal.reasons)
            },
            stays: plan.stays.map { stay in
                Entry(
                    name: stay.lineage.name, tree: stay.lineage.tree, state: stay.state.rawValue,
                    reasons: [stay.reason])
            },
            text: plan.text)
    }
}

extension CertificateChange.Entry {
    init(_ item: Quarantined, in tree: CertbotTree) {
        self.init(
            name: item.lineage.name, tree: tree.path,
            place: "\(tree.path)/\(Quarantine.folderName)/\(item.id)")
    }
}

extension QuarantinedItem {
    init(_ item: Quarantined, in tree: CertbotTree, usedBy: [Evidence]) {
        self.init(
            id: item.id, name: item.lineage.name, tree: tree.path, since: CertificateList.time(item.since),
            size: Int(item.size), usedBy: CertificateUse.list(usedBy))
    }
}

extension CertificateLocks {
    init(_ states: [LockState]) {
        var holders: [Holder] = []
        var unread: [UnreadItem] = []
        for state in states {
            switch state.status {
            case .free: continue
            case .unknown(let reason): unread.append(UnreadItem(place: state.path, reason: reason))
            case .held(let holder):
                let pid = holder.pid.map(Int.init)
                if let index = holders.firstIndex(where: { pid != nil && $0.pid == pid }) {
                    holders[index].locks.append(state.path)
                } else {
                    holders.append(Holder(holder, lock: state.path))
                }
            }
        }
        self.init(free: holders.isEmpty, holders: holders, files: states.map(\.path), unread: unread)
    }
}

extension CertificateLocks.Holder {
    init(_ holder: LockHolder, lock: String) {
        self.init(
            pid: holder.pid.map(Int.init), locks: [lock],
            command: holder.command.isEmpty ? nil : holder.command.joined(separator: " "), doing: holder.activity,
            state: holder.state, since: holder.since.map(CertificateList.time), container: holder.container,
            advice: holder.advice)
    }
}

extension Problem {
    /// What `error` says, with the HTTP status that fits; `done` was carried out before it came to that.
    init(_ error: RemovalError, after done: CertificateChange? = nil) {
        let (status, title): (Int, String) =
            switch error.code {
            case .planInvalid: (400, "The plan can't be used")
            case .changed: (409, "Something has changed since the plan was made")
            case .locked: (409, "Certbot or another Steward is at work")
            case .placeTaken: (409, "Something stands where a file should go back to")
            case .notFound: (404, "No such lineage is in quarantine")
            case .ambiguous: (409, "Several lineages have that name")
            case .tree: (409, "The tree is not as it must be")
            case .system: (500, "The system refused")
            case .journalDamaged: (500, "The quarantine's journal can't be read")
            case .recovery: (500, "An earlier interruption could not be put right")
            case .revocation: (502, "Revoking failed")
            }
        var sentences = error.sentences
        if let done, !done.lineages.isEmpty {
            sentences.append("Done before that: \(done.lineages.map(\.name).joined(separator: ", ")).")
        }
        self.init(
            "certificates-\(error.code.rawValue)", status: status, title: title,
            detail: sentences.joined(separator: "\n"))
    }
}
