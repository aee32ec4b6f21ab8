package import StewardSettings

/// The oldest version of TLS that is spoken.
package enum TLSMinimum: String, Sendable, Hashable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
}

/// Whether clients are asked for a certificate.
package enum ClientCertificateDemand: String, Sendable, Hashable, CaseIterable {
    /// Not asked.
    case none
    /// Asked; who has none comes in all the same.
    case optional
    /// Who has none gets no connection.
    case required
}

/// The files of one certificate: the chain and its key, or a lineage of certbot's that holds both.
package struct CertificateFiles: Sendable, Hashable {
    /// The chain, leaf first.
    package var certificate: String?
    /// The leaf's private key.
    package var key: String?
    /// A folder such as `/etc/letsencrypt/live/NAME`, or the NAME alone.
    package var lineage: String?
    /// Where it stands in the settings file.
    package var mark: SourceMark?
    /// Its place there, `tls.certificates[0]`.
    package var path = ""

    /// Nothing yet.
    package init() {}

    /// A chain and its key.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    static let certbot = "/etc/letsencrypt/live"

    /// The folder of the lineage: a NAME alone is one of certbot's.
    package var folder: String? { lineage.map { $0.contains("/") ? $0 : "\(Self.certbot)/\($0)" } }
    /// The chain's file.
    package var chainFile: String { folder.map { "\($0)/fullchain.pem" } ?? certificate ?? "" }
    /// The key's file.
    package var keyFile: String { folder.map { "\($0)/privkey.pem" } ?? key ?? "" }

    static let section = SettingsSection(
        CertificateFiles(), check: { files, node, reader in files.check(node, &reader) }
    ) {
        Field(
            "certificate", \.certificate, ValueKind<String>.path.optional, example: "fullchain.pem",
            "The certificate and the chain above it, PEM, the server's own first.")
        Field("key", \.key, ValueKind<String>.path.optional, example: "privkey.pem", "Its private key, PEM.")
        Field(
            "lineage", \.lineage, ValueKind<String>.path.optional, example: "shop.example.tw",
            "In place of both: the name of a certbot lineage, or a folder with fullchain.pem and privkey.pem.")
    }

    private mutating func check(_ node: SettingsNode, _ reader: inout SettingsReader) {
        mark = node.mark
        path = node.path
        switch (certificate, key, lineage) {
        case (.some, .some, nil), (nil, nil, .some): break
        case (.some, nil, nil): reader.report("'key' is missing: the file of the certificate's private key", at: node)
        case (nil, .some, nil): reader.report("'certificate' is missing: the file of the chain", at: node)
        default: reader.report("write either 'certificate' and 'key', or 'lineage'", at: node)
        }
    }
}

/// The HTTPS listener; the section `tls` of the settings file.
package struct TLSSettings: Hashable, Sendable {
    /// Where it listens; empty: nowhere.
    package var listen: [ListenAddress] = []
    /// What it presents; the first to clients that ask for no name or an unknown one.
    package var certificates: [CertificateFiles] = []
    /// The oldest version of TLS.
    package var minVersion = TLSMinimum.tls12
    /// The authorities whose client certificates count, PEM.
    package var clientCA: String?
    /// Their lists of revoked certificates.
    package var clientCRL: [String] = []
    /// Whether clients are asked for one.
    package var clientCertificates = ClientCertificateDemand.none
    /// A handshake must be complete by then.
    package var handshakeTimeout: Duration = .seconds(10)
    /// Whether HTTP/2 is offered.
    package var http2 = true
    /// Where the section's parts stand in the settings file.
    package var marks: [String: SourceMark] = [:]

    /// No listener.
    package init() {}

    /// Whether there is a listener.
    package var isOn: Bool { !listen.isEmpty }

    /// The keys of `tls`.
    package static let section = SettingsSection(
        TLSSettings(), check: { settings, node, reader in settings.check(node, &reader) }
    ) {
        Field(
            "listen", \.listen, .oneOrMore(.listenAddress), standard: "nowhere",
            example: "[0.0.0.0:8443, \"[::]:8443\"]", "Where the server listens for HTTPS.")
        Field(
            "certificates", \.certificates, .list(.section(CertificateFiles.section)),
            "What it presents, chosen by the name that the client asks for; the first to all others.")
        Field("min_version", \.minVersion, .choice, "The oldest version of TLS that it speaks.")
        Field("http2", \.http2, .flag, "Whether HTTP/2 is offered beside HTTP/1.1.")
        Field(
            "client_certificates", \.clientCertificates, .choice,
            "Whether clients are asked for a certificate, and whether they must have one.")
        Field(
            "client_ca", \.clientCA, ValueKind<String>.path.optional, example: "clients-ca.pem",
            "The authorities whose client certificates count, PEM.")
        Field(
            "client_crl", \.clientCRL, .oneOrMore(.path), example: "clients.crl",
            "Those authorities' lists of revoked certificates, PEM or DER, read again when they change.")
        Field(
            "handshake_timeout", \.handshakeTimeout, .duration(in: .milliseconds(100)...(.seconds(3600))),
            "A TLS handshake must be complete by then, or the connection is closed.")
    }

    private mutating func check(_ node: SettingsNode, _ reader: inout SettingsReader) {
        for entry in node.entries { marks[entry.key] = entry.value.mark }
        if listen.isEmpty, !certificates.isEmpty || clientCA != nil {
            reader.report("'listen' is missing, for example 'listen: 0.0.0.0:8443'", at: node)
        }
        if !listen.isEmpty, certificates.isEmpty, node["certificates"]?.entries.isEmpty ?? true {
            reader.report(
                "a listener for HTTPS needs a certificate; write 'certificates: [{lineage: NAME}]'",
                at: node["listen"] ?? node)
        }
        if clientCertificates != .none, clientCA == nil, let demand = node["client_certificates"] {
            reader.report("needs 'client_ca': the authority whose certificates count", at: demand)
        }
        if clientCertificates == .none, clientCA != nil, let authority = node["client_ca"] {
            reader.report("does nothing without 'client_certificates: optional' or 'required'", at: authority)
        }
        if clientCA == nil, !clientCRL.isEmpty, let list = node["client_crl"] {
            reader.report("does nothing without 'client_ca'", at: list)
        }
    }
}
