/// How a server is brought to speak TLS: at once, or by its protocol's own words (RFC 2595, 3207, 4217, ...).
package enum Dialect: String, Hashable, Sendable, Codable, CaseIterable {
    /// TLS from the first byte: HTTPS, SMTPS, IMAPS, ...
    case tls
    /// SMTP's STARTTLS (RFC 3207).
    case smtp
    /// The same on LMTP (RFC 2033).
    case lmtp
    /// IMAP's STARTTLS (RFC 9051, section 6.2.1).
    case imap
    /// POP3's STLS (RFC 2595, section 4).
    case pop3
    /// ManageSieve's STARTTLS (RFC 5804, section 2.2).
    case sieve
    /// FTP's AUTH TLS (RFC 4217).
    case ftp
    /// LDAP's StartTLS extended operation (RFC 4511, section 4.14).
    case ldap
    /// PostgreSQL's SSLRequest (its manual, "Message Flow").
    case postgresql
    /// The SSL request of MySQL's and MariaDB's handshake.
    case mysql
    /// XMPP's `<starttls/>` as a client (RFC 6120, section 5).
    case xmpp
    /// The same as another server.
    case xmppServer = "xmpp-server"

    /// What a port usually speaks; nil for ports without a usual service.
    package init?(usualOnPort port: Int) {
        guard let dialect = Self.usual[port] else { return nil }
        self = dialect
    }

    /// The ports that are looked at when nothing says otherwise, and what they speak.
    package static let usual: [Int: Dialect] = [
        21: .ftp, 24: .lmtp, 25: .smtp, 110: .pop3, 143: .imap, 389: .ldap, 443: .tls, 465: .tls, 587: .smtp,
        636: .tls, 990: .tls, 993: .tls, 995: .tls, 3306: .mysql, 4190: .sieve, 5222: .xmpp, 5223: .tls,
        5269: .xmppServer, 5432: .postgresql, 8443: .tls,
    ]

    /// What the administrator calls it after a port: `:25 STARTTLS`; empty for TLS at once.
    package var label: String {
        switch self {
        case .tls: ""
        case .smtp, .lmtp, .imap, .sieve, .ldap, .xmpp, .xmppServer: "STARTTLS"
        case .pop3: "STLS"
        case .ftp: "AUTH TLS"
        case .postgresql: "SSLRequest"
        case .mysql: "SSL"
        }
    }

    /// Whether its servers may choose a certificate by the name in the TLS hello (SNI, RFC 6066, section 3).
    /// PostgreSQL's, MySQL's and OpenLDAP's know one certificate only.
    package var choosesByName: Bool {
        switch self {
        case .postgresql, .mysql, .ldap: false
        default: true
        }
    }

    /// The conversation that leads to TLS; nil where TLS comes at once. `name` is what the client calls the server
    /// (XMPP's `to`), `clientName` what it calls itself (EHLO, LHLO).
    package func dialogue(name: String?, clientName: String) -> (any Dialogue)? {
        switch self {
        case .tls: nil
        case .smtp: SMTPDialogue(clientName: clientName)
        case .lmtp: SMTPDialogue(clientName: clientName, greets: "LHLO")
        case .imap: IMAPDialogue()
        case .pop3: POP3Dialogue()
        case .sieve: SieveDialogue()
        case .ftp: FTPDialogue()
        case .ldap: LDAPDialogue()
        case .postgresql: PostgreSQLDialogue()
        case .mysql: MySQLDialogue()
        case .xmpp: XMPPDialogue(to: name, namespace: "jabber:client")
        case .xmppServer: XMPPDialogue(to: name, namespace: "jabber:server")
        }
    }
}
