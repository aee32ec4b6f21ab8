package import StewardDNS

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// What is to be done next. Before it is done, the state that came with it is on disk; after it, everything is looked at
/// anew.
package enum RolloverAction: Hashable, Sendable {
    /// Make these changes.
    case publish([RRsetChange])
    /// Put the candidate's key and chain in the deployed file's place and reload the services.
    case deploy(Credential)
    /// Put what was deployed before back and reload.
    case rollBack(to: Credential)
    /// Reload the services: the file is right and they serve something else.
    case reload
    /// Make a key and keep it for the next certificate.
    case stageKey
    /// Ask the authority for a certificate for the staged key.
    case issue(StagedKey)
}

/// What a step decided.
package struct RolloverStep: Hashable, Sendable {
    /// The state from here on; on disk before the action begins.
    package var state: RolloverState
    /// What to do; nil: wait.
    package var action: RolloverAction?
    /// What it does or waits for, for people: `deploys the renewed certificate in 2 d 4 h (27 days before expiry)`.
    package var text: String
    /// When to look again at the latest.
    package var lookAgain: Date
    /// What just happened that somebody may want to know: a rollover began, was finished, was held, was rolled back.
    package var events: [Event]

    /// Something that happened.
    package struct Event: Hashable, Sendable {
        /// A stable word: `rollover-began`, `settled`, `deployed`, `finished`, `held`, `rolled-back`, ...
        package var code: String
        package var text: String
        package var isAlarm: Bool

        /// An event.
        package init(_ code: String, _ text: String, isAlarm: Bool = false) {
            self.code = code
            self.text = text
            self.isAlarm = isAlarm
        }
    }

    /// A decision.
    package init(
        state: RolloverState, action: RolloverAction? = nil, text: String, lookAgain: Date, events: [Event] = []
    ) {
        self.state = state
        self.action = action
        self.text = text
        self.lookAgain = lookAgain
        self.events = events
    }
}

/// What a deployment is to be like.
package struct RolloverPolicy: Hashable, Sendable {
    /// How a key becomes the served one.
    package enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
        /// certbot renews with a new key each time; the new certificate waits until its record has settled.
        case late
        /// The next key is published ahead; renewals keep the key; rollover on command.
        case next
    }

    /// The zone that holds the owners.
    package var zone: DomainName
    /// The services that serve this deployment's file.
    package var services: [Service]
    package var mode: Mode
    /// The forms of the records.
    package var forms: [RecordForm]
    /// The TTL that records are published with, in seconds.
    package var ttl: UInt32
    /// How long records settle before what they match is deployed, and old ones stay after it, in seconds; 72 h unless set.
    package var settle: Double
    /// No settling is shorter than 2 x the largest TTL that may be cached + this, in seconds.
    package var margin: Double
    /// How long before the served certificate's expiry the candidate must be served, in seconds: settling is shortened to
    /// meet it, down to the floor.
    package var reserve: Double

    /// A policy.
    package init(
        zone: DomainName, services: [Service], mode: Mode = .late, forms: [RecordForm] = [.recommended],
        ttl: UInt32 = 3600, settle: Double = 72 * 3600, margin: Double = 60, reserve: Double = 7 * 86_400
    ) {
        self.zone = zone
        self.services = services
        self.mode = mode
        self.forms = forms
        self.ttl = ttl
        self.settle = settle
        self.margin = margin
        self.reserve = reserve
    }
}
