/// Why a name server gave no usable answer.
package struct DNSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which kind.
    package enum Reason: String, Hashable, Sendable, Codable {
        /// Nothing came within the time.
        case timeout
        /// Nothing listens there (ICMP or a reset).
        case refusedConnection = "connection-refused"
        /// There is no way to the address.
        case unreachable
        /// What came is no DNS message, or answers another question.
        case damaged
        /// The answer's TSIG is missing or wrong (RFC 8945, section 5.3).
        case unsignedAnswer = "unsigned-answer"
        /// The server knows no such key (BADKEY).
        case badKey = "bad-key"
        /// The server computes another signature: the secret differs (BADSIG).
        case badSignature = "bad-signature"
        /// The two clocks differ by more than the fudge (BADTIME).
        case badTime = "bad-time"
        /// This machine could not.
        case local
    }

    /// Which kind.
    package var reason: Reason
    /// Who was asked.
    package var server: NameServer
    /// What happened, in words, ending without a period.
    package var text: String

    /// A failure.
    package init(_ reason: Reason, _ server: NameServer, _ text: String) {
        self.reason = reason
        self.server = server
        self.text = text
    }

    /// `192.0.2.1:53: nothing came within 2 s`.
    package var description: String { "\(server): \(text)" }
}

/// Asks one name server. `DNSClient` is the one that does it over UDP and TCP.
package protocol DNSExchanging: Sendable {
    /// Sends `message`, signed with `key` where it isn't nil, and returns the answer, whatever its code: checked to
    /// answer this message, complete (over TCP where UDP cut it), its TSIG verified.
    func exchange(
        _ message: Message, with server: NameServer, key: TSIGKey?
    ) async throws(DNSFailure) -> Message
}

/// A shared secret for TSIG (RFC 8945).
package struct TSIGKey: Hashable, Sendable {
    /// The MAC.
    package enum Algorithm: String, Hashable, Sendable, CaseIterable {
        case sha256 = "hmac-sha256"
        case sha384 = "hmac-sha384"
        case sha512 = "hmac-sha512"
    }

    /// The key's name.
    package var name: DomainName
    /// The MAC.
    package var algorithm: Algorithm
    /// The secret.
    package var secret: [UInt8]

    /// A key.
    package init(name: DomainName, algorithm: Algorithm = .sha256, secret: [UInt8]) {
        self.name = name
        self.algorithm = algorithm
        self.secret = secret
    }
}
