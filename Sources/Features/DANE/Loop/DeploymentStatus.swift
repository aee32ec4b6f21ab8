package import StewardCertificates
package import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// How one deployment stands: what was seen at the last look, and what the rollover makes of it.
package struct DeploymentStatus: Hashable, Sendable {
    /// The lineage's name where that tells it from the others, else the deployed file's path.
    package var name: String
    /// What it is, from the settings.
    package var setup: DeploymentSetup
    /// Where the rollover stands; nil before the first look.
    package var state: RolloverState?
    /// What it does or waits for; why it can't be told where it can't.
    package var text: String
    /// When it looks again at the latest; nil while it isn't running.
    package var lookAgain: Date?
    /// When everything was last looked at; nil before the first look.
    package var observedAt: Date?
    /// What certbot's lineage holds.
    package var lineage: Credential?
    /// What the deployed file holds.
    package var deployed: Credential?
    /// The services, in the settings' order.
    package var services: [ServiceStatus]
    /// What each address of each name server answered.
    package var servers: [ServerView]
    /// What could not be found out or is wrong.
    package var flaws: [Finding]
    /// The last 20 things that happened since the process began, the newest last.
    package var events: [TimedEvent]

    /// Something that happened, and when.
    package struct TimedEvent: Hashable, Sendable {
        package var at: Date
        package var event: RolloverStep.Event

        /// An event at a time.
        package init(at: Date, event: RolloverStep.Event) {
            self.at = at
            self.event = event
        }
    }

    /// Before the first look.
    package init(setup: DeploymentSetup, text: String) {
        name = setup.name
        self.setup = setup
        self.text = text
        services = setup.policy.services.map { ServiceStatus(service: $0) }
        servers = []
        flaws = []
        events = []
    }

    /// The rest's name: `steady`, `publishing`, `settling`, `issuing`, `deploying`, `rolling-back`, `draining`, `retiring`; `unknown`
    /// before the first look.
    package var phase: String {
        switch state?.phase {
        case nil: "unknown"
        case .steady: "steady"
        case .publishing: "publishing"
        case .settling: "settling"
        case .issuing: "issuing"
        case .deploying: "deploying"
        case .rollingBack: "rolling-back"
        case .draining: "draining"
        case .retiring: "retiring"
        }
    }

    /// When the rest ends by itself; nil where it doesn't end by time.
    package var until: Date? {
        switch state?.phase {
        case .settling(_, let until), .draining(_, let until): until
        default: nil
        }
    }

    /// Whether somebody must do something.
    package var isAlarm: Bool { state?.holds.contains { $0.isAlarm } ?? false }
}

/// How one service of a deployment stands.
package struct ServiceStatus: Hashable, Sendable {
    package var service: Service
    /// The records that some name server serves for it.
    package var records: [PublishedRecord] = []
    /// What its addresses present.
    package var endpoints: [EndpointView] = []
    /// What a validating resolver says of its RRset; nil before the first look.
    package var security: Resolution.Security?
    /// Until when the RRset's signatures hold, the earliest of all name servers; nil where it is not signed.
    package var signedUntil: Date?
    /// Whether every address presents a certificate that a record on every answering name server matches; nil where
    /// nothing could be seen.
    package var isMatched: Bool?

    /// Before the first look.
    package init(service: Service) { self.service = service }

    /// The labels of its records, `K1a2b3c4 + K9f8e7d6`; foreign ones as `foreign`; `none` where there are none.
    package var recordLabels: String {
        var labels: [String] = []
        for record in records where !labels.contains(record.label) { labels.append(record.label) }
        return labels.isEmpty ? "none" : labels.joined(separator: " + ")
    }

    /// One record.
    package struct PublishedRecord: Hashable, Sendable {
        package var record: TLSA
        /// Whose it is: the credential's label, or `foreign`.
        package var label: String
        /// The name servers' addresses that answered and don't serve it.
        package var missingOn: [NameServer]

        /// A record.
        package init(record: TLSA, label: String, missingOn: [NameServer]) {
            self.record = record
            self.label = label
            self.missingOn = missingOn
        }
    }
}

/// What the rollover of one deployment would do next.
package struct DeploymentPlan: Hashable, Sendable {
    /// The deployment's name.
    package var name: String
    /// What it would do now; nil where it waits.
    package var action: RolloverAction?
    /// What that is, or what it waits for and until when, for people.
    package var text: String
    /// When it goes on by itself.
    package var at: Date?
    /// How changes are published: `UPDATE to 192.0.2.1:53`.
    package var place: String
    /// What stands in the way.
    package var holds: [RolloverState.Hold]
    /// What could not be found out or is wrong.
    package var flaws: [Finding]

    /// From a rehearsal; `step` is nil where it could not be made.
    init(_ status: DeploymentStatus, _ step: RolloverStep?, place: String) {
        name = status.name
        action = step?.action
        text = status.text
        at = step?.lookAgain
        self.place = place
        holds = step?.state.holds ?? []
        flaws = status.flaws
    }
}
