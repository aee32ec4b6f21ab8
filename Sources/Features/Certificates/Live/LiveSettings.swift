package import StewardProbe

/// What a ``LiveReader`` looks at and for how long.
package struct LiveSettings: Hashable, Sendable {
    /// A port of any machine to ask, beside those on which this one listens.
    package struct Target: Hashable, Sendable {
        /// A name or an address.
        package var host: String
        /// The port.
        package var port: Int
        /// How its server is brought to speak TLS.
        package var dialect: Dialect

        /// A port; its usual dialect unless given.
        package init(host: String, port: Int, dialect: Dialect? = nil) {
            self.host = host
            self.port = port
            self.dialect = dialect ?? Dialect(usualOnPort: port) ?? .tls
        }

        /// From `HOST:PORT` or `HOST:PORT DIALECT`, IPv6 addresses in brackets; nil if it isn't one.
        package init?(_ text: String) {
            let words = text.split(separator: " ")
            guard (1...2).contains(words.count), let colon = words[0].lastIndex(of: ":"),
                let port = Int(words[0][words[0].index(after: colon)...]), (1...65_535).contains(port)
            else { return nil }
            var host = words[0][..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty else { return nil }
            let dialect = words.count == 2 ? Dialect(rawValue: String(words[1])) : nil
            guard words.count == 1 || dialect != nil else { return nil }
            self.init(host: String(host), port: port, dialect: dialect)
        }
    }

    /// Whether ports are asked.
    package var probes = true
    /// Whether ports without a usual service are tried with TLS at once.
    package var probesUnusualPorts = false
    /// Ports to ask beside this machine's.
    package var targets: [Target] = []
    /// How long one phase of one probe may take.
    package var probeTimeout: Duration = .seconds(5)
    /// For how many names at most a port is asked.
    package var namesPerPort = 20_000
    /// Folders in which copies are looked for, beside the usual ones.
    package var copyFolders: [String] = []
    /// How many files are looked at for copies at most.
    package var copyFileLimit = 500_000
    /// Whether names are looked up.
    package var looksUpNames = true
    /// How long one name's look-up may take.
    package var nameTimeout: Duration = .seconds(5)
    /// Addresses that are this machine's though no interface has them: behind a translating router.
    package var ownAddresses: [String] = []
    /// When all of it must be done; what is not is unread.
    package var deadline: Duration = .seconds(60)
    /// The root that the usual folders are relative to. Ports, processes and names belong to this machine and are
    /// looked at only where it is `/`.
    package var root = "/"

    /// What is read beyond the usual places where containers' servers are looked at; the paths are those in containers.
    package var evidence = EvidenceSettings()

    /// The standard.
    package init() {}
}

extension EvidenceReport {
    /// Adds what another part found.
    package mutating func join(_ other: EvidenceReport) {
        evidence += other.evidence
        names += other.names
        looked += other.looked
        unread += other.unread
        findings += other.findings
    }
}
