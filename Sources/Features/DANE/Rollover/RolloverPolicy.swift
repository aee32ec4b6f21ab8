package import StewardDNS

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
    /// How long the services have to serve the candidate after the reload before it is rolled back, in seconds.
    package var verification: Double
    /// How long to wait between two looks while nothing is under way, in seconds.
    package var interval: Double
    /// How long something may be silent or behind before somebody is told, in seconds.
    package var patience: Double
    /// How long signatures must still hold, in seconds; less is an alarm.
    package var signatureReserve: Double

    /// A policy.
    package init(
        zone: DomainName, services: [Service], mode: Mode = .late, forms: [RecordForm] = [.recommended],
        ttl: UInt32 = 3600, settle: Double = 72 * 3600, margin: Double = 60, reserve: Double = 7 * 86_400,
        verification: Double = 300, interval: Double = 300, patience: Double = 900,
        signatureReserve: Double = 2 * 86_400
    ) {
        self.zone = zone
        self.services = services
        self.mode = mode
        self.forms = forms
        self.ttl = ttl
        self.settle = settle
        self.margin = margin
        self.reserve = reserve
        self.verification = verification
        self.interval = interval
        self.patience = patience
        self.signatureReserve = signatureReserve
    }
}
