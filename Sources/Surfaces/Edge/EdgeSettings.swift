package import StewardSettings

/// Where the server listens: `127.0.0.1:8080`, `[::1]:8080`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An address or a host name, without brackets.
    package var host: String
    /// The port; 0 lets the system choose one.
    package var port: Int

    /// Port `port` of `host`.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; IPv6 addresses stand in brackets.
    package init(parsing text: String) throws(ValueRefusal) {
        let advice = "write HOST:PORT: 127.0.0.1:8080, [::1]:8080, localhost:8080"
        guard let colon = text.lastIndex(of: ":") else {
            throw ValueRefusal("\"\(text)\" has no port; \(advice)")
        }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65_535
        else { throw ValueRefusal("\"\(text)\" has no port from 0 to 65535 after its last ':'; \(advice)") }
        if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":") {
            self.init(host: String(host.dropFirst().dropLast()), port: port)
            return
        }
        guard !host.isEmpty, !host.contains(":") else {
            throw ValueRefusal(
                host.isEmpty
                    ? "\"\(text)\" has no host; for every address write 0.0.0.0:\(port) and [::]:\(port)"
                    : "\"\(text)\": an IPv6 address stands in brackets; write [\(host)]:\(port)")
        }
        guard host.utf8.allSatisfy({ Self.isHostByte($0) }) else {
            throw ValueRefusal("\"\(text)\" holds no host name or address; \(advice)")
        }
        self.init(host: String(host), port: port)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Whether only this machine can reach it, as far as the text tells.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && !host.contains { $0.isLetter })
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension ValueKind where Value == ListenAddress {
    /// `HOST:PORT`.
    package static var listenAddress: ValueKind {
        .scalar("HOST:PORT", format: \.description) { text throws(ValueRefusal) in try ListenAddress(parsing: text) }
    }
}

/// The limits of the HTTP edge, each enforced within a second; the section `limits` of the settings file.
package struct EdgeSettings: Hashable, Sendable {
    /// A request's header must be complete by then.
    package var headerTimeout: Duration = .seconds(10)
    /// The least rate of a body in bytes a second, over any `bodyWindow`.
    package var bodyRate = 500
    /// The time over which that rate is measured.
    package var bodyWindow: Duration = .seconds(10)
    /// A peer that takes nothing of an answer for so long is dropped.
    package var writeTimeout: Duration = .seconds(30)
    /// The least rate at which a peer takes an answer, bytes a second, over any `writeTimeout`.
    package var writeRate = 500
    /// An idle connection is closed after that.
    package var keepAlive: Duration = .seconds(60)
    /// How long calls may run on after SIGTERM.
    package var drain: Duration = .seconds(25)
    /// How long a peer may take to close after the last answer.
    package var linger: Duration = .seconds(2)
    /// How many bytes it may still send meanwhile.
    package var lingerSize = 16 << 20
    /// The most of an unread body that is thrown away to keep a connection.
    package var unreadBody = 64 << 10
    /// The most of an answer that waits in memory for its client.
    package var answerMemory = 256 << 10
    /// The most that waits in a file, of all answers.
    package var answerFiles = 2 << 30
    /// The longest header line or request line in bytes.
    package var headerLine = 8 << 10
    /// The largest header in bytes.
    package var headers = 32 << 10
    /// The most header fields.
    package var headerCount = 100
    /// The most connections at a time; further ones wait in the system's queue.
    package var connections = 10_000
    /// The most connections of one address.
    package var connectionsPerAddress = 1000

    /// The defaults.
    package init() {}

    /// The keys of `limits`.
    package static let section = SettingsSection(EdgeSettings()) {
        Field(
            "header_timeout", \.headerTimeout, .duration(in: .milliseconds(100)...(.seconds(3600))),
            "A request's header must be complete by then, or the connection is closed with 408.")
        Field(
            "body_rate", \.bodyRate, .size(in: 0...(1 << 30)),
            "The least rate, a second, at which a request's body must come; slower ones get 408. 0B means any.")
        Field(
            "body_window", \.bodyWindow, .duration(in: .milliseconds(500)...(.seconds(600))),
            "The time over which body_rate is measured, at any moment; so long may a body also pause.")
        Field(
            "write_timeout", \.writeTimeout, .duration(in: .milliseconds(100)...(.seconds(3600))),
            "A client that takes nothing of its answer for so long is dropped.")
        Field(
            "write_rate", \.writeRate, .size(in: 0...(1 << 30)),
            "The least rate, a second, at which a client must take an answer that waits for it, over any write_timeout; slower ones are dropped. 0B means any."
        )
        Field(
            "keep_alive", \.keepAlive, .duration(in: .milliseconds(100)...(.seconds(86_400))),
            "A connection without a request is closed after that; sooner where `connections` are open and others wait.")
        Field(
            "linger", \.linger, .duration(in: .milliseconds(0)...(.seconds(60))),
            "How long the server waits for the client to close after the last answer of a connection.")
        Field(
            "linger_size", \.lingerSize, .size(in: 0...(1 << 30)),
            "How much a client may still send meanwhile; it is thrown away.")
        Field(
            "unread_body", \.unreadBody, .size(in: 0...(64 << 20)),
            "When an answer comes before the whole body: up to so much more is read and thrown away to keep the connection; else it closes."
        )
        Field(
            "answer_memory", \.answerMemory, .size(in: (64 << 10)...(64 << 20)),
            "The most of an answer that waits in memory for a slow client; the rest waits in a file in the state folder."
        )
        Field(
            "answer_files", \.answerFiles, .size(in: 0...(1 << 40)),
            "The most that waits in that file, of all answers; beyond it the connections that have waited longest are closed."
        )
        Field(
            "drain", \.drain, .duration(in: .milliseconds(0)...(.seconds(3600))),
            "How long running calls may take to end after SIGTERM.")
        Field(
            "header_line", \.headerLine, .size(in: 256...(1 << 20)),
            "The longest request line (else 414) or header line (else 431).")
        Field("headers", \.headers, .size(in: 1024...(16 << 20)), "The largest header in all; else 431.")
        Field("header_count", \.headerCount, .integer(in: 8...10_000), "The most header fields; else 431.")
        Field(
            "connections", \.connections, .integer(in: 1...1_000_000),
            "The most connections at a time; further ones wait in the system's queue.")
        Field(
            "connections_per_address", \.connectionsPerAddress, .integer(in: 1...1_000_000),
            "The most connections of one address (IPv6: one /64), but for trusted proxies and this machine; further ones are closed."
        )
    }
}
