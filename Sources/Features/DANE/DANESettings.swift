internal import StewardDNS
package import StewardSettings

/// Which services' TLSA records are kept true, and how; the section `dane`.
package struct DANESettings: Hashable, Sendable {
    /// The folder for journals, staged keys and deployed files without a place of their own; nil: `dane` in the state
    /// folder.
    package var folder: String?
    /// How long records settle before what they match is deployed.
    package var settle: Duration = .seconds(72 * 3600)
    /// What is added to 2 x the largest TTL: no settling is shorter.
    package var margin: Duration = .seconds(60)
    /// How long before the served certificate's expiry the new one must be served.
    package var reserve: Duration = .seconds(7 * 86_400)
    /// How long the loop waits between two looks while nothing is under way.
    package var interval: Duration = .seconds(300)
    /// How names are looked up.
    package var resolver = Resolver()
    /// Who is told on alarm.
    package var alarm = Alarm()
    /// The zones and how they are changed.
    package var zones: [Zone] = []
    /// The deployed certificates.
    package var deployments: [Deployment] = []
    /// Whether the settings file has the section.
    package var isSet = false

    /// The defaults.
    package init() {}

    /// The keys of `dane`.
    package static let section = SettingsSection(
        DANESettings(),
        check: { settings, node, reader in
            settings.isSet = true
            settings.check(node, &reader)
        }
    ) {
        Field(
            "folder", \.folder, ValueKind<String>.path.optional,
            standard: "dane in the helper's state folder, /var/lib/steward-helper",
            "The folder for journals and staged keys; root's alone.")
        Field(
            "settle", \.settle, .duration(in: .seconds(0)...(.seconds(30 * 86_400))),
            "How long a new record settles before its certificate is deployed, counted from when every name server serves it; shortened as expiry nears, never under 2 x TTL. Some resolvers serve expired answers for up to three days (RFC 8767)."
        )
        Field(
            "margin", \.margin, .duration(in: .seconds(0)...(.seconds(86_400))),
            "What is added to 2 x the largest TTL, or to that TTL + 4 s where that is more; no settling is shorter.")
        Field(
            "reserve", \.reserve, .duration(in: .seconds(0)...(.seconds(60 * 86_400))),
            "How long before the served certificate expires the new one must be served; settling is shortened for it.")
        Field(
            "interval", \.interval, .duration(in: .seconds(1)...(.seconds(86_400))),
            "How long to wait between two looks while nothing is under way.")
        Field("resolver", \.resolver, .section(Resolver.section), "How names are looked up and validated.")
        Field("alarm", \.alarm, .section(Alarm.section), "Who is told when something needs a person.")
        Field("zones", \.zones, .list(.section(Zone.section)), "The zones and how their records are changed.")
        Field(
            "deployments", \.deployments, .list(.section(Deployment.section)),
            "The certificates that services read as deployed copies, and those services.")
    }
}

extension DANESettings {
    /// How names are looked up; `dane.resolver`.
    package struct Resolver: Hashable, Sendable {
        /// A file with the root's name servers instead of the Internet's.
        package var rootHints: String?
        /// A file with the root's keys instead of the Internet's.
        package var anchor: String?
        /// Resolvers that are asked instead of the root's name servers; their answers are validated all the same.
        package var forward: [String] = []

        /// The defaults.
        package init() {}

        static let section = SettingsSection(Resolver()) {
            Field(
                "root_hints", \.rootHints, ValueKind<String>.path.optional, standard: "the Internet's root",
                "A file with the name servers of a private root, as named.root has them.")
            Field(
                "anchor", \.anchor, ValueKind<String>.path.optional, standard: "the Internet's root keys",
                "A file with the trust anchor of a private root: DS or DNSKEY records.")
            Field(
                "forward", \.forward, .oneOrMore(.nameServer), example: "[127.0.0.1:53]",
                "Resolvers to ask instead of the root's name servers; what they answer is validated here all the same.")
        }
    }

    /// Who is told on alarm; `dane.alarm`.
    package struct Alarm: Hashable, Sendable {
        /// A mail address.
        package var mail: String?
        /// A program and its arguments; the alarm comes on its standard input.
        package var command: [String] = []

        /// The defaults.
        package init() {}

        static let section = SettingsSection(Alarm()) {
            Field(
                "mail", \.mail, ValueKind<String>.text.optional, standard: "nobody", example: "root@example.com",
                "Who gets a mail (through sendmail) when something needs a person.")
            Field(
                "command", \.command, .oneOrMore(.text), example: "[/usr/local/bin/alert, dane]",
                "A program that is run then, with its arguments; the alarm is its standard input.")
        }
    }

    /// One zone; an entry of `dane.zones`. One of `update`, `file` and `program` says how it is changed.
    package struct Zone: Hashable, Sendable {
        /// Its name.
        package var name = ""
        /// Its name servers, each of which must serve a record before anything relies on it; empty: those of its NS
        /// records, each address.
        package var servers: [String] = []
        /// By RFC 2136.
        package var update = Update()
        /// In a zone file.
        package var file = File()
        /// A program and its arguments.
        package var program: [String] = []

        /// The defaults.
        package init() {}

        static let section = SettingsSection(Zone(), check: { zone, node, reader in zone.check(node, &reader) }) {
            Field("name", \.name, .text, required: true, example: "it.example.tw", "The zone's name.")
            Field(
                "servers", \.servers, .oneOrMore(.nameServer), standard: "every address of the zone's NS records",
                example: "[192.0.2.1, \"[2001:db8::2]:5353\"]",
                "The name servers that must all serve a record before anything relies on it.")
            Field("update", \.update, .section(Update.section), "Changing it by dynamic update (RFC 2136) with TSIG.")
            Field("file", \.file, .section(File.section), "Changing it in its zone file.")
            Field(
                "program", \.program, .oneOrMore(.text), example: "[/usr/local/bin/publish-tlsa]",
                "Changing it through a program of your own; docs/guides/dane.md has its contract.")
        }
    }

    /// Changing a zone by RFC 2136; `dane.zones[].update`.
    package struct Update: Hashable, Sendable {
        /// The primary; nil: this way isn't used.
        package var server: String?
        /// BIND's key file.
        package var key: String?

        /// The defaults.
        package init() {}

        static let section = SettingsSection(Update()) {
            Field(
                "server", \.server, ValueKind<String>.nameServer.optional, standard: "not used",
                example: "127.0.0.1:53",
                "The primary name server; IPv6 in brackets and quotes: \"[::1]:53\".")
            Field(
                "key", \.key, ValueKind<String>.path.optional, example: "/etc/bind/keys/steward.key",
                "The TSIG key, a file as tsig-keygen and ddns-confgen write it.")
        }
    }

    /// Changing a zone in its file; `dane.zones[].file`.
    package struct File: Hashable, Sendable {
        /// The file; nil: this way isn't used.
        package var path: String?
        /// The primary name server that serves it, where the answer is checked.
        package var server: String?
        /// The words before `reload ZONE`: `rndc`, or `docker exec bind rndc`.
        package var rndc = ["rndc"]
        /// The words before `ZONE FILE`; empty: no check.
        package var checkzone = ["named-checkzone"]
        /// Whether BIND changes the file itself (a dynamic zone): `rndc freeze` before and `rndc thaw` after.
        package var freeze = false

        /// The defaults.
        package init() {}

        static let section = SettingsSection(File()) {
            Field(
                "path", \.path, ValueKind<String>.path.optional, standard: "not used", example: "/etc/bind/db.example",
                "The zone file, as this machine sees it.")
            Field(
                "server", \.server, ValueKind<String>.nameServer.optional, standard: "127.0.0.1",
                "The primary that serves the file: its answer is checked, not rndc's exit status.")
            Field(
                "rndc", \.rndc, .oneOrMore(.text), example: "[docker, exec, bind, rndc]",
                "How rndc is run; the command and the zone are added.")
            Field(
                "checkzone", \.checkzone, .oneOrMore(.text), example: "[docker, exec, -i, bind, named-checkzone]",
                "How named-checkzone is run; the zone and the file are added.")
            Field(
                "freeze", \.freeze, .flag,
                "Whether BIND changes the file too: it is frozen before the change and thawed after.")
        }
    }

    /// One deployed certificate; an entry of `dane.deployments`.
    package struct Deployment: Hashable, Sendable {
        /// certbot's lineage.
        package var lineage = ""
        /// certbot's configuration folder.
        package var tree = "/etc/letsencrypt"
        /// The file with key and chain that the services read.
        package var file = ""
        /// `late` or `next`.
        package var mode = RolloverPolicy.Mode.late
        /// The services, `HOST:PORT PROTOCOL`.
        package var services: [String] = []
        /// Where the services are asked instead of their hosts' addresses.
        package var addresses: [String] = []
        /// The records' forms.
        package var records = ["3 1 1"]
        /// The records' TTL.
        package var ttl: Duration = .seconds(3600)
        /// The zone that holds the records; nil: the longest of `zones` that fits.
        package var zone: String?
        /// `postfix`, `dovecot`, `docker CONTAINER postfix`, or a command line of words.
        package var reload: [String] = []
        /// The user who owns the file, as number or name; nil: as it is, or this process's.
        package var owner: String?
        /// How certbot is run for mode `next`: `certbot`, or `docker run ... certbot/certbot`.
        package var certbot = ["certbot"]

        /// The defaults.
        package init() {}

        static let section = SettingsSection(Deployment()) {
            Field(
                "lineage", \.lineage, .text, required: true, example: "mail.it.example.tw",
                "certbot's name of the certificate.")
            Field("tree", \.tree, .path, "certbot's configuration folder, as this machine sees it.")
            Field(
                "file", \.file, .path, required: true, example: "/etc/steward/tls/mail.pem",
                "The file with key and chain that the services read (smtpd_tls_chain_files; Dovecot's ssl_cert and ssl_key)."
            )
            Field(
                "mode", \.mode, .choice,
                "late: certbot renews with new keys, and each waits until its record has settled. next: the next key is published ahead, and renewals keep the key until a rollover is asked for."
            )
            Field(
                "services", \.services, .oneOrMore(.service), required: true,
                example: "[mail.it.example.tw:25, mail.it.example.tw:993]", "The ports that serve the file.")
            Field(
                "addresses", \.addresses, .oneOrMore(.address), standard: "every address of the services' hosts",
                example: "[127.0.0.1]", "Where the services are asked instead, for a host behind address translation.")
            Field("records", \.records, .oneOrMore(.recordForm), example: "[3 1 1]", "The forms of the TLSA records.")
            Field(
                "ttl", \.ttl, .duration(in: .seconds(1)...(.seconds(7 * 86_400))), "The TTL of the TLSA records.")
            Field(
                "zone", \.zone, ValueKind<String>.text.optional, standard: "the longest of the zones that fits",
                "The zone that holds the records.")
            Field(
                "reload", \.reload, .oneOrMore(.text), example: "[postfix, dovecot]",
                "What is reloaded after the file was replaced: postfix, dovecot, 'docker CONTAINER postfix', or a command."
            )
            Field(
                "owner", \.owner, ValueKind<String>.text.optional, standard: "as it is, else root",
                "The user who owns the file.")
            Field(
                "certbot", \.certbot, .oneOrMore(.text), example: "[docker, run, --rm, certbot/certbot]",
                "How certbot is run when a certificate for a staged key is asked for.")
        }
    }
}

extension ValueKind where Value == String {
    /// `HOST:PORT`, with the protocol where the port doesn't tell.
    fileprivate static var service: ValueKind {
        .scalar("HOST:PORT or HOST:PORT PROTOCOL", format: { $0 }) { text throws(ValueRefusal) in
            guard Service(text: text) != nil else {
                throw ValueRefusal(
                    "\"\(text)\" is no service; write HOST:PORT (mail.example.com:25; a name, no address), with a protocol where the port is unusual: 'mail.example.com:2525 smtp'"
                )
            }
            return text
        }
    }

    /// `192.0.2.1:5353`, `[2001:db8::1]:5353`.
    fileprivate static var nameServer: ValueKind {
        .scalar("ADDRESS or ADDRESS:PORT", format: { $0 }) { text throws(ValueRefusal) in
            guard NameServer(text: text) != nil else {
                throw ValueRefusal("\"\(text)\" is no address of a name server; write \(NameServer.forms)")
            }
            return text
        }
    }

    /// `192.0.2.1`, `2001:db8::1`.
    fileprivate static var address: ValueKind {
        .scalar("address", format: { $0 }) { text throws(ValueRefusal) in
            guard AddressText.canonical(text) != nil else {
                throw ValueRefusal("\"\(text)\" is no address in digits; write 192.0.2.1 or 2001:db8::1")
            }
            return text
        }
    }

    /// `3 1 1`.
    fileprivate static var recordForm: ValueKind {
        .scalar("USAGE SELECTOR MATCHING", format: { $0 }) { text throws(ValueRefusal) in
            guard RecordForm(text: text) != nil else {
                throw ValueRefusal(
                    "\"\(text)\" is no form of a TLSA record; write '3 1 1' (the key's SHA-256), '2 1 1', '3 1 2' or '3 0 1'"
                )
            }
            return text
        }
    }
}
