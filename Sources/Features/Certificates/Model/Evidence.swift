/// Where a sign of use was found: `/etc/postfix/main.cf:27`, `127.0.0.1:25 STARTTLS`, `container web: /etc/certs`.
package struct Place: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The file as the administrator knows it, the address and port, the process or the container.
    package var text: String
    /// The line, for files.
    package var line: Int?

    /// A place; `line` counts from 1.
    package init(_ text: String, line: Int? = nil) {
        self.text = text
        self.line = line
    }

    /// `file:line`, or the place alone.
    package var description: String { line.map { "\(text):\($0)" } ?? text }
}

/// One sign that a certificate, a key or a lineage is in use.
package struct Evidence: Hashable, Sendable, Codable {
    /// What kind of sign it is; the word shown before the place.
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case apache, nginx, postfix, dovecot, haproxy, exim, caddy, stalwart
        case openldap, postgresql, mysql, vsftpd, proftpd, prosody, ejabberd, mosquitto, cockpit, webmin, grafana
        /// A unit of systemd.
        case systemd
        /// A table of cron.
        case cron
        /// Another file below `/etc` that mentions it.
        case other
        /// A file that the settings' `extra` globs name.
        case extra
        /// A certificate that a port presented.
        case served
        /// A copy of the certificate or key outside the tree.
        case copy
        /// A deploy hook that mentions it.
        case hook
        /// A container that has its files mounted.
        case mount
        /// A process that has a file of it open.
        case process
        /// A TLSA record (RFC 6698) that holds its digest.
        case dane
    }

    /// What the sign points to.
    package enum Target: Hashable, Sendable, Codable {
        /// A file or folder, absolute, symlinks resolved as far as they go.
        case path(String)
        /// A certificate.
        case fingerprint(Fingerprint)
        /// A key.
        case spki(Fingerprint)
        /// A lineage by its name (hooks, `certbot --cert-name`).
        case lineage(String)
    }

    /// What kind of sign it is.
    package var kind: Kind
    /// Where it was found.
    package var place: Place
    /// What it points to.
    package var target: Target
    /// The directive or the words that were found: `smtpd_tls_cert_file`, `SNI mail.example`.
    package var detail: String

    /// All facts.
    package init(_ kind: Kind, at place: Place, target: Target, detail: String = "") {
        self.kind = kind
        self.place = place
        self.target = target
        self.detail = detail
    }
}

/// Where a name of a certificate leads now.
package struct NameFacts: Hashable, Sendable, Codable {
    /// What looking it up gave.
    package enum Resolution: Hashable, Sendable, Codable {
        /// To an address of this machine.
        case here(addresses: [String])
        /// To addresses that are not this machine's.
        case elsewhere(addresses: [String])
        /// The name does not exist, or has no address.
        case nowhere
        /// It could not be found out; why.
        case unknown(String)
    }

    /// The name, lower case.
    package var name: String
    /// What looking it up gave.
    package var resolution: Resolution

    /// A name and where it leads.
    package init(name: String, resolution: Resolution) {
        self.name = name
        self.resolution = resolution
    }
}

/// Everything that was found about use.
package struct EvidenceReport: Sendable, Hashable, Codable {
    /// The signs of use.
    package var evidence: [Evidence]
    /// Where names lead.
    package var names: [NameFacts]
    /// The places that were looked at, in words: `nginx configuration (nginx -T)`, `port 25 of this machine`.
    package var looked: [String]
    /// The places that could not be read.
    package var unread: [UnreadPlace]
    /// What is wrong with servers' configurations as far as certificates go: a file that is missing, a forgotten reload.
    package var findings: [Finding]

    /// All parts.
    package init(
        evidence: [Evidence] = [], names: [NameFacts] = [], looked: [String] = [], unread: [UnreadPlace] = [],
        findings: [Finding] = []
    ) {
        self.evidence = evidence
        self.names = names
        self.looked = looked
        self.unread = unread
        self.findings = findings
    }
}
