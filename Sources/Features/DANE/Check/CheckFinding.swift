package import StewardCertificates

/// What a DANE-enforcing sender does about a finding.
package enum SenderEffect: String, Hashable, Sendable, Codable, CaseIterable {
    /// It delivers.
    case delivers
    /// It keeps the mail and tries again later; after days it returns it.
    case defers
    /// It goes on to the next address or the next MX.
    case nextMX = "next-mx"
    /// It delivers without knowing to whom.
    case unauthenticated
    /// Nothing: it doesn't notice.
    case none
}

/// One thing that a check found.
package struct CheckFinding: Hashable, Sendable {
    /// Which kind; the catalogue says more.
    package var kind: CheckFindingKind
    /// What it is about: a name, `host:port`, an address, a name server.
    package var place: String
    /// What is wrong, where, and what to do: whole sentences.
    package var text: String
    /// What a DANE-enforcing sender does about it here.
    package var effect: SenderEffect
    /// How bad it is.
    package var severity: Finding.Severity

    /// A finding; effect and severity are the kind's unless given.
    package init(
        _ kind: CheckFindingKind, _ place: String, _ text: String, effect: SenderEffect? = nil,
        severity: Finding.Severity? = nil
    ) {
        self.kind = kind
        self.place = place
        self.text = text
        self.effect = effect ?? kind.effect
        self.severity = severity ?? kind.severity
    }

    /// Its stable word.
    package var code: String { kind.rawValue }
}
