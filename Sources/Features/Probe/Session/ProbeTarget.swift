/// What to probe and how.
package struct ProbeTarget: Hashable, Sendable, Codable {
    /// The address, IPv4 or IPv6, in digits.
    package var address: String
    /// The port.
    package var port: Int
    /// How its server is brought to speak TLS.
    package var dialect: Dialect
    /// The name to ask for in the TLS hello (SNI); nil asks for none.
    package var name: String?
    /// What the client calls itself in EHLO; `localhost` unless given.
    package var clientName: String

    /// A port and its dialect.
    package init(
        _ address: String, port: Int, dialect: Dialect = .tls, name: String? = nil, clientName: String = "localhost"
    ) {
        self.address = address
        self.port = port
        self.dialect = dialect
        self.name = name
        self.clientName = clientName
    }

    /// `127.0.0.1:25`, `[::1]:25`.
    package var endpoint: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

    /// Why the target can't be probed at all; nil if it can. Names come from certificates and settings: only what may
    /// stand in a host name is sent.
    var flaw: String? {
        guard (1...65_535).contains(port) else { return "\(port) isn't a port" }
        for (what, text) in [("name", name), ("client name", clientName)] {
            guard let text else { continue }
            let isSound = (1...253).contains(text.utf8.count) && text.utf8.allSatisfy { isHostByte($0) }
            guard isSound else { return "the \(what) '\(printable(text))' isn't a host name" }
        }
        return nil
    }

    private func isHostByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            || [45, 46, 95].contains(byte)
    }
}

/// How long each part of a probe may take.
package struct ProbeLimits: Hashable, Sendable {
    /// Until the connection stands.
    package var connect: Duration
    /// From there until the server's go-ahead for TLS, however slowly it drips.
    package var dialogue: Duration
    /// The TLS handshake.
    package var handshake: Duration
    /// How long the server may take to close after the farewell.
    package var farewell: Duration

    /// The limits; 5, 10 and 10 seconds and half a second unless given.
    package init(
        connect: Duration = .seconds(5), dialogue: Duration = .seconds(10), handshake: Duration = .seconds(10),
        farewell: Duration = .milliseconds(500)
    ) {
        self.connect = connect
        self.dialogue = dialogue
        self.handshake = handshake
        self.farewell = farewell
    }
}
