/// What the helper can be asked to do: a closed list.
package enum HelperVerb: String, Hashable, Sendable, CaseIterable {
    /// Everything about the certificates.
    case survey = "certs.survey"
    /// A number that changes when a tree changes; cheap.
    case signature = "certs.signature"
    /// What could go, as a plan.
    case plan = "certs.plan"
    /// Carry a plan out: lineages go into quarantine.
    case prune = "certs.prune"
    /// What is in quarantine.
    case quarantine = "certs.quarantine"
    /// Bring a lineage back from quarantine.
    case restore = "certs.restore"
    /// Remove for good what has been in quarantine for long.
    case purge = "certs.purge"
    /// Who holds certbot's locks.
    case lock = "certs.lock"
    /// How the services' TLSA records stand.
    case daneStatus = "dane.status"
    /// What would be done next about them.
    case danePlan = "dane.plan"
    /// Look again at once instead of when it is due, and do what is due.
    case daneAdvance = "dane.advance"
    /// Roll a deployment over to another key.
    case daneRollover = "dane.rollover"

    /// Whether it changes something: such requests are done one at a time and stand in the audit log.
    package var writes: Bool {
        switch self {
        case .prune, .restore, .purge, .daneAdvance, .daneRollover: true
        case .survey, .signature, .plan, .quarantine, .lock, .daneStatus, .danePlan: false
        }
    }

    /// Whether it is about TLSA records rather than certbot's trees.
    package var isAboutDANE: Bool {
        switch self {
        case .daneStatus, .danePlan, .daneAdvance, .daneRollover: true
        case .survey, .signature, .plan, .prune, .quarantine, .restore, .purge, .lock: false
        }
    }

    /// What must come with it.
    package var needs: Set<HelperParameter> {
        switch self {
        case .prune: [.plan]
        case .restore: [.name]
        case .daneRollover: [.name, .request]
        case .survey, .signature, .plan, .quarantine, .purge, .lock, .daneStatus, .danePlan, .daneAdvance: []
        }
    }

    /// What may come with it.
    package var takes: Set<HelperParameter> {
        switch self {
        case .survey, .daneStatus: [.maxAge]
        case .signature, .quarantine, .danePlan: []
        case .plan: [.names]
        case .prune: [.plan, .revoke]
        case .restore: [.name, .tree]
        case .purge: [.olderThan, .name, .tree]
        case .lock: [.wait]
        case .daneAdvance: [.name]
        case .daneRollover: [.name, .request]
        }
    }
}

/// The names of what comes with a request.
package enum HelperParameter: String, Hashable, Sendable, CaseIterable {
    /// Seconds that an earlier answer may be old; 0 looks again.
    case maxAge = "max_age"
    /// A lineage's name; a deployment's, which is the same.
    case name
    /// Lineages' names; the plan is about these alone.
    case names
    /// A tree's path; only those that the helper knows.
    case tree
    /// The text of a plan.
    case plan
    /// Whether certificates are revoked before their lineages go.
    case revoke
    /// Seconds.
    case olderThan = "older_than"
    /// Seconds to wait for a lock.
    case wait
    /// `now` or `compromised`.
    case request
}
