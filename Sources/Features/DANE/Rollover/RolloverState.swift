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
        /// Nothing to do: what is served is published. Goes to publishing, deploying (the records are there already) or
        /// issuing.
        case steady
        /// The candidate's records are being published; some name server doesn't serve them yet. Goes to settling.
        case publishing
        /// Every name server serves them since `since`; the candidate may be deployed at `until`. Goes to deploying, or
        /// back to publishing.
        case settling(since: Date, until: Date)
        /// Mode `next`: a certificate for the staged key is asked for. Goes to settling.
        case issuing
        /// The candidate's file may have been put in its place; the service may serve it. Goes to draining, rollingBack,
        /// or back to publishing as long as the file is not there.
        case deploying
        /// The file from before is being put back; the service may serve either. Goes to steady.
        case rollingBack
        /// The candidate is served everywhere since `since`; the old records stay until `until`. Goes to retiring.
        case draining(since: Date, until: Date)
        /// The old records are being taken away; some name server still serves them. Goes to steady.
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
    /// Keys that others know, by their SHA-256: never deployed again.
    package var compromised: [Fingerprint] = []
    /// Since when the name servers serve the candidate's records.
    package var spread: Spread?
    /// Since when they serve the deployed certificate's: a renewal with the same key needs no wait of its own.
    package var currentSpread: Spread?
    /// Mode `next`: since when they serve the next key's.
    package var nextSpread: Spread?
    /// What the deployed file held before the candidate was put there: what is rolled back to.
    package var replaced: Credential?
    /// When the candidate's file was first seen in its place, or the old one's after rolling back, and the services not yet
    /// serving it.
    package var verifyingSince: Date?
    /// Services that could not be seen before the deployment either, by `EndpointView.label`.
    package var unseen: [String] = []
    /// The acts that are being tried, for waiting longer from one try to the next.
    package var efforts: [Effort] = []
    /// The longest TTL that may still be in a cache.
    package var longestTTL: SeenTTL?
    /// By which a jump of the clock is noticed.
    package var anchor: Anchor?

    /// Since when every name server that answers serves some records.
    package struct Spread: Hashable, Sendable, Codable {
        /// When the last of the servers was seen to serve them.
        package var since: Date
        /// The servers that were seen to, by `ServerView.label`.
        package var servers: [String]
    }

    /// An act that is tried until it is seen to be done.
    package struct Effort: Hashable, Sendable, Codable {
        /// Which act.
        package var act: String
        /// How often it was tried.
        package var count: Int
        /// When it was tried last.
        package var last: Date
    }

    /// A TTL and when it was last seen.
    package struct SeenTTL: Hashable, Sendable, Codable {
        package var seconds: UInt32
        package var last: Date
    }

    /// A moment by both clocks.
    package struct Anchor: Hashable, Sendable, Codable {
        package var at: Date
        package var uptime: Observation.Uptime?
    }

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
