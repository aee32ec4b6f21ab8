/// Every hold and event of rollovers that there can be: what the reference is made of.
package enum RolloverCatalogue {
    /// What stands in the way of a rollover. The raw value is the stable word.
    package enum HoldCode: String, Hashable, Sendable, CaseIterable {
        case noServers = "no-servers"
        case primarySilent = "primary-silent"
        case serverSilent = "server-silent"
        case serverBehind = "server-behind"
        case zoneInsecure = "zone-insecure"
        case zoneBogus = "zone-bogus"
        case validationFailed = "validation-failed"
        case ownerIsAlias = "owner-is-alias"
        case signaturesMissing = "signatures-missing"
        case signaturesExpiring = "signatures-expiring"
        case strongerDigest = "stronger-digest"
        case servedUnpublished = "served-unpublished"
        case unknownKeyServed = "unknown-key-served"
        case compromisedKeyServed = "compromised-key-served"
        case serviceUnreachable = "service-unreachable"
        case servedDiffers = "served-differs"
        case readsLive = "reads-live"
        case lineageUnreadable = "lineage-unreadable"
        case lineageExpired = "lineage-expired"
        case lineageOlder = "lineage-older"
        case certificateExpiring = "certificate-expiring"
        case candidateMissing = "candidate-missing"
        case candidateRejected = "candidate-rejected"
        case keyCompromised = "key-compromised"
        case renewalNeeded = "renewal-needed"
        case deployedMissing = "deployed-missing"
        case actFailing = "act-failing"
        case rollbackUnsafe = "rollback-unsafe"
        case rollbackUnverified = "rollback-unverified"

        /// When somebody is told.
        package enum Alarm: String, Hashable, Sendable {
            /// Never: it is worth showing.
            case never
            /// When it has lasted for `RolloverPolicy.patience`.
            case afterPatience = "after a time"
            /// At once.
            case atOnce = "at once"
        }
    }

    /// What happened. The raw value is the stable word.
    package enum EventCode: String, Hashable, Sendable, CaseIterable {
        case adopted
        case began = "rollover-began"
        case settling
        case shortened = "settle-shortened"
        case restarted = "settle-restarted"
        case settled
        case lastCall = "last-call"
        case deployed
        case drainShortened = "drain-shortened"
        case finished
        case rolledBack = "rolled-back"
        case rolledBackDone = "rollback-done"
        case repaired
        case fileChanged = "file-changed"
        case candidateRenewed = "candidate-renewed"
        case candidateReplaced = "candidate-replaced"
        case keyChanged = "key-changed"
        case keyStaged = "key-staged"
        case stagedMissing = "staged-missing"
        case requestVoid = "request-void"
        case clockJumped = "clock-jumped"
        case held
        case released
    }
}

extension RolloverCatalogue.HoldCode {
    /// When somebody is told.
    package var alarm: Alarm {
        switch self {
        case .primarySilent, .serverSilent, .serverBehind, .noServers, .validationFailed, .serviceUnreachable,
            .servedDiffers:
            .afterPatience
        case .lineageOlder: .never
        default: .atOnce
        }
    }

    /// What it means and what is waited for, in a sentence.
    package var meaning: String {
        switch self {
        case .noServers: "No name server of the zone answers; nothing is changed."
        case .primarySilent: "The primary name server does not answer; nothing can be published."
        case .serverSilent: "A name server does not answer: it may serve old records when it comes back."
        case .serverBehind: "A name server answers with old records; no key is deployed that it doesn't have."
        case .zoneInsecure: "The zone is provably not signed, so that nobody uses its TLSA records."
        case .zoneBogus: "The zone's signatures are wrong: DANE-enforcing senders defer all mail."
        case .validationFailed: "The validating look-up got no answer."
        case .ownerIsAlias: "The TLSA owner is a CNAME: its records are another name's."
        case .signaturesMissing: "A name server serves the records without valid signatures."
        case .signaturesExpiring: "Signatures run out soon and have not been renewed."
        case .strongerDigest:
            "A record of somebody else's with a stronger digest hides the records (RFC 7671, section 9)."
        case .servedUnpublished: "A service serves a key for which a name server has no record."
        case .unknownKeyServed: "A service serves a key that is none of this machine's; no record is published for it."
        case .compromisedKeyServed: "A service serves a key that others know."
        case .serviceUnreachable: "What a service serves can't be seen."
        case .servedDiffers: "A service serves another certificate than the deployed file's."
        case .readsLive: "A service serves certbot's newest certificate: it reads live/ itself."
        case .lineageUnreadable: "The lineage can't be read, or its key doesn't fit its certificate."
        case .lineageExpired: "The lineage's newest certificate has expired."
        case .lineageOlder: "The lineage's certificate is older than the deployed one; it is left alone."
        case .certificateExpiring: "The served certificate expires soon and no newer one is there."
        case .candidateMissing: "The certificate that was to be deployed is gone."
        case .candidateRejected: "The renewed certificate was rolled back and is not tried again by itself."
        case .keyCompromised: "The renewed certificate has a key that others know; it is not deployed."
        case .renewalNeeded: "A rollover was asked for and there is no certificate with another key."
        case .deployedMissing: "The deployed file is gone or can't be read."
        case .actFailing: "An act has been tried several times without effect."
        case .rollbackUnsafe: "The old key's record is not everywhere, so that rolling back would be a mismatch."
        case .rollbackUnverified: "The old file is back and a service doesn't serve it yet."
        }
    }
}

extension RolloverCatalogue.EventCode {
    /// Whether somebody is told.
    package var isAlarm: Bool {
        switch self {
        case .lastCall, .rolledBack, .repaired, .fileChanged, .stagedMissing: true
        default: false
        }
    }

    /// What it means, in a sentence.
    package var meaning: String {
        switch self {
        case .adopted: "The deployment was looked at for the first time."
        case .began: "A new certificate was found; its records are being published."
        case .settling: "Every name server serves the records; the settle time runs."
        case .shortened: "The settle time was shortened, because the served certificate expires or a command asked."
        case .restarted: "The settle time began anew: records were gone, or a name server came or came back."
        case .settled: "The settle time is over; the certificate is being deployed."
        case .lastCall: "The certificate is deployed in spite of a hold, because the served one is about to expire."
        case .deployed: "The new certificate was seen at every service."
        case .drainShortened: "The old records are taken away early, because the next rollover is due."
        case .finished: "The old records are gone; the rollover is over."
        case .rolledBack: "The new certificate was not seen at every service; the old file is being put back."
        case .rolledBackDone: "The old certificate was seen at every service again."
        case .repaired: "A served key's record was missing and is being published."
        case .fileChanged: "Somebody else changed the deployed file."
        case .candidateRenewed: "The waiting certificate was renewed with the same key and takes its place."
        case .candidateReplaced: "The waiting certificate was given up for a newer one."
        case .keyChanged: "Mode next: a renewal changed the key; it is rolled over as in mode late."
        case .keyStaged: "Mode next: a key waits and is being published."
        case .stagedMissing: "Mode next: the waiting key is gone; another one is made."
        case .requestVoid: "A rollover was asked for and there is nothing to roll over to."
        case .clockJumped: "The clock was set; what was under way keeps its real time."
        case .held: "Something stands in the way."
        case .released: "It no longer does."
        }
    }
}
