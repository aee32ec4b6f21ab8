import StewardCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the policy says about one request.
package enum AccessDecision: Sendable {
    /// The call may run for this caller. `key` is the stored key's row, for its last use.
    case allowed(Caller, key: Int64?)
    /// The call may not run.
    case refused(AccessRefusal)
}

/// Why a request may not pass.
package struct AccessRefusal: Error, Hashable, Sendable {
    /// What the caller is told.
    package var problem: Problem
    /// The value of `WWW-Authenticate` (RFC 9110, section 11.6.1), for 401.
    package var challenge: String?
    /// What the log adds and the caller is not told.
    package var note: String?
    /// Whether a key was presented that opens nothing: a guess, perhaps.
    package var isWrongKey: Bool { problem.code == "key-refused" }
    /// The name of the key that was presented and known, if any.
    package var keyName: String?
}

/// Decides who may call a zone. Pure; an open zone called without a key allocates nothing.
package enum AccessPolicy {
    /// Address first, then key. `client` is the address that `ClientAddress` resolved.
    package static func decide(
        zone: ZoneAccess, client: IPAddress, keys: PresentedKeys, ring: KeyRing, now: @autoclosure () -> Date
    ) -> AccessDecision {
        if !zone.addresses.isEmpty, !zone.addresses.contains(client) {
            return .refused(.addressRefused(client))
        }
        if keys.isEmpty {
            if zone.key == .none { return .allowed(.anonymous, key: nil) }
            return .refused(ring.canOpen(zone.prefix, asking: zone.key) ? .keyRequired(zone.key) : .noKeys(zone))
        }
        return decide(zone: zone, keys: keys, ring: ring, now: now())
    }

    private static func decide(zone: ZoneAccess, keys: PresentedKeys, ring: KeyRing, now: Date) -> AccessDecision {
        var refusal: AccessRefusal?
        for key in ring.find(keys) {
            if key.isExpired(at: now) {
                refusal = refusal ?? .expired(key)
            } else if key.opens(zone.prefix, asking: zone.key) {
                return .allowed(key.caller, key: key.storedID)
            } else {
                refusal = .insufficient(key, zone: zone)
            }
        }
        if zone.key == .none { return .allowed(.anonymous, key: nil) }
        if !ring.canOpen(zone.prefix, asking: zone.key) { return .refused(.noKeys(zone)) }
        if refusal == nil, keys.secrets.isEmpty, let certificate = keys.certificate {
            return .refused(.unknownCertificate(certificate, zone.key))
        }
        return .refused(refusal ?? .unknownKey)
    }

    /// Who is calling, where no zone's rules apply (the platform's API): the first presented key that counts,
    /// an admin key before any other.
    package static func identify(
        keys: PresentedKeys, ring: KeyRing, now: @autoclosure () -> Date
    ) -> (caller: Caller, key: Int64?) {
        guard !keys.isEmpty else { return (.anonymous, nil) }
        let now = now()
        let valid = ring.find(keys).filter { !$0.isExpired(at: now) }
        guard let key = valid.first(where: { $0.role == .admin }) ?? valid.first else { return (.anonymous, nil) }
        return (key.caller, key.storedID)
    }
}

extension AccessKey {
    /// The key's row in the state folder.
    var storedID: Int64? {
        if case .store(let id) = origin { id } else { nil }
    }
}

extension AccessRefusal {
    static let challenge = "Bearer realm=\"steward\""

    static func addressRefused(_ client: IPAddress) -> AccessRefusal {
        AccessRefusal(
            problem: Problem(
                "address-refused", status: 403, title: "Your address is not admitted",
                detail: "This zone admits listed addresses only, and \(client) is not among them."),
            note: "the zone's address list does not hold \(client)")
    }

    static func keyRequired(_ requirement: KeyRequirement) -> AccessRefusal {
        let header = requirement == .admin ? "X-Admin-Key" : "X-API-Key"
        return AccessRefusal(
            problem: Problem(
                "key-required", status: 401, title: "A key is required",
                detail: "Send your key as '\(header): KEY' or 'Authorization: Bearer KEY'."),
            challenge: challenge)
    }

    /// A key may still come in a header.
    static func unknownCertificate(_ certificate: ClientCertificate, _ requirement: KeyRequirement) -> AccessRefusal {
        let header = requirement == .admin ? "X-Admin-Key" : "X-API-Key"
        return AccessRefusal(
            problem: Problem(
                "certificate-unknown", status: 401, title: "The client certificate opens nothing here",
                detail: "The certificate of \(certificate.subject) is valid, but no key names it. "
                    + "Ask for access, or send a key as '\(header): KEY'."),
            challenge: challenge,
            note: "no key has the client certificate \(certificate.subject), SHA-256 \(certificate.fingerprint)")
    }

    static let unknownKey = AccessRefusal(
        problem: Problem(
            "key-refused", status: 401, title: "The key is not accepted",
            detail: "The key is unknown or was revoked; ask for a new one."),
        challenge: challenge + ", error=\"invalid_token\"",
        note: "no key has the presented secret")

    static func expired(_ key: AccessKey) -> AccessRefusal {
        AccessRefusal(
            problem: Problem(
                "key-refused", status: 401, title: "The key is not accepted",
                detail: "The key '\(key.name)' has expired; ask for a new one."),
            challenge: challenge + ", error=\"invalid_token\", error_description=\"expired\"",
            note: "the key '\(key.name)' has expired", keyName: key.name)
    }

    static func insufficient(_ key: AccessKey, zone: ZoneAccess) -> AccessRefusal {
        let why =
            zone.key == .admin && key.role == .api
            ? "this zone asks for an admin key" : "it does not list this zone"
        return AccessRefusal(
            problem: Problem(
                "key-insufficient", status: 403, title: "The key does not open this zone",
                detail: "The key '\(key.name)' is valid, but \(why)."),
            note: "the key '\(key.name)' does not open \(zone.prefix): \(why)", keyName: key.name)
    }

    static func noKeys(_ zone: ZoneAccess) -> AccessRefusal {
        let role = zone.key == .admin ? "admin" : "API"
        return AccessRefusal(
            problem: Problem(
                "no-keys-configured", status: 503, title: "This zone is not set up yet",
                detail: "It asks for a key, and no key has been made that opens it. Its operator must add one."),
            note: "\(zone.prefix) asks for an \(role) key and none exists; "
                + "add one with 'steward key add NAME --role \(zone.key.rawValue)'")
    }
}
