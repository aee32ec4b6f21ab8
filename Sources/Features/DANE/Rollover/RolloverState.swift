package import StewardCertificates
package import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Where a deployment's rollover stands. Every state is a rest: it is safe for ever, and everything but what stands here
/// is looked at anew at each step. Written to disk before every act.
package struct RolloverState: Hashable, Sendable, Codable {
    /// The rests (docs/design/rollover.md).
    package enum Phase: Hashable, Sendable, Codable {
        /// Nothing to do: what is served is published.
        case steady
        /// The candidate's records are being published; some name server doesn't serve them yet.
        case publishing
        /// Every name server serves them since `since`; the candidate may be deployed at `until`.
        case settling(since: Date, until: Date)
        /// Mode `next`: a certificate for the staged key is asked for.
        case issuing
        /// The candidate's file may have been put in its place; the service may serve it.
        case deploying
        /// The candidate is served everywhere since `since`; the old records stay until `until`.
        case draining(since: Date, until: Date)
        /// The old records are being taken away; some name server still serves them.
        case retiring
    }

    /// What was put on hold and why; cleared when the next look finds it mended.
    package struct Hold: Hashable, Sendable, Codable {
        /// A stable word.
        package var code: String
        /// What is wrong, and what to do.
        package var text: String
        /// Since when.
        package var since: Date
        /// Whether somebody must be told.
        package var isAlarm: Bool

        /// A hold.
        package init(_ code: String, _ text: String, since: Date, isAlarm: Bool) {
            self.code = code
            self.text = text
            self.since = since
            self.isAlarm = isAlarm
        }
    }

    /// The rest.
    package var phase: Phase = .steady
    /// Since when.
    package var since: Date
    /// What is deployed; nil until the first look found it out.
    package var current: Credential?
    /// What will be deployed.
    package var candidate: Credential?
    /// What was deployed before and may still be served somewhere or be needed for rolling back.
    package var previous: Credential?
    /// Mode `next`: the key that is published ahead.
    package var next: StagedKey?
    /// By owner, the records that Steward published and is to take away when they are needed no more.
    package var own: [String: [TLSA]] = [:]
    /// What stands in the way.
    package var holds: [Hold] = []
    /// Whether a rollover was asked for by command; `compromised` doesn't wait to drain.
    package var request: Request?
    /// Candidates that were rolled back, by their certificate: not tried again by themselves.
    package var rejected: [Fingerprint] = []

    /// What was asked for by command.
    package enum Request: String, Hashable, Sendable, Codable {
        /// Roll over as soon as it is safe.
        case now
        /// The served key is known to others: roll over as soon as it is safe and take its record away at once.
        case compromised
    }

    /// At the beginning.
    package init(since: Date) { self.since = since }
}
