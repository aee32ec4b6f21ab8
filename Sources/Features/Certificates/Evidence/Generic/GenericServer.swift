/// A server whose configuration is lines of a name and a value.
struct GenericServer: Hashable, Sendable {
    /// The server.
    var kind: Evidence.Kind
    /// Globs of its files.
    var files: [String]
    /// The settings that name a file, lower case.
    var keys: Set<String> = []
    /// The settings that name a folder of files, lower case.
    var folders: Set<String> = []
    /// The settings that name further files, lower case: a file, a pattern, or a folder (then every file in it with
    /// this ending).
    var includes: [String: String] = [:]
    /// The setting that relative paths are relative to, lower case; else the file's folder.
    var base: String?
    /// Folders whose files the server takes without any setting.
    var ownFolders: [String] = []
    /// What begins a comment.
    var comment = "#"
    /// Whether the files are in LDIF (RFC 2849).
    var isLDIF = false

    /// All of them.
    static let all: [GenericServer] = [
        openldapFolder, openldapFile, postgresql, mysql, vsftpd, proftpd, prosody, ejabberd, mosquitto, cockpit, webmin,
        grafana,
    ]

    private static let openldapFolder = GenericServer(
        kind: .openldap, files: ["/etc/ldap/slapd.d/*.ldif", "/etc/openldap/slapd.d/*.ldif"],
        keys: ["olctlscertificatefile", "olctlscertificatekeyfile", "olctlscacertificatefile"],
        folders: ["olctlscacertificatepath"], isLDIF: true)
    private static let openldapFile = GenericServer(
        kind: .openldap, files: ["/etc/ldap/slapd.conf", "/etc/openldap/slapd.conf"],
        keys: ["tlscertificatefile", "tlscertificatekeyfile", "tlscacertificatefile"],
        folders: ["tlscacertificatepath"], includes: ["include": ""])
    private static let postgresql = GenericServer(
        kind: .postgresql,
        files: [
            "/etc/postgresql/*/*/postgresql.conf", "/var/lib/pgsql/data/postgresql.conf",
            "/var/lib/pgsql/*/data/postgresql.conf", "/var/lib/postgresql/data/postgresql.conf",
            "/var/lib/postgresql/*/*/postgresql.auto.conf", "/var/lib/pgsql/*/data/postgresql.auto.conf",
        ],
        keys: ["ssl_cert_file", "ssl_key_file", "ssl_ca_file", "ssl_crl_file"], folders: ["ssl_crl_dir"],
        includes: ["include": "", "include_if_exists": "", "include_dir": ".conf"], base: "data_directory")
    private static let mysql = GenericServer(
        kind: .mysql, files: ["/etc/mysql/my.cnf", "/etc/my.cnf", "/etc/mysql/mariadb.cnf", "/usr/local/etc/my.cnf"],
        keys: [
            "ssl-cert", "ssl_cert", "ssl-key", "ssl_key", "ssl-ca", "ssl_ca", "admin-ssl-cert", "admin_ssl_cert",
            "admin-ssl-key", "admin_ssl_key", "mysqlx-ssl-cert", "mysqlx_ssl_cert", "mysqlx-ssl-key", "mysqlx_ssl_key",
        ],
        folders: ["ssl-capath", "ssl_capath"], includes: ["!include": "", "!includedir": ".cnf"], base: "datadir")
    private static let vsftpd = GenericServer(
        kind: .vsftpd, files: ["/etc/vsftpd.conf", "/etc/vsftpd/*.conf"],
        keys: ["rsa_cert_file", "rsa_private_key_file", "dsa_cert_file", "dsa_private_key_file", "ca_certs_file"])
    private static let proftpd = GenericServer(
        kind: .proftpd, files: ["/etc/proftpd/proftpd.conf", "/etc/proftpd.conf"],
        keys: [
            "tlsrsacertificatefile", "tlsrsacertificatekeyfile", "tlseccertificatefile", "tlseccertificatekeyfile",
            "tlsdsacertificatefile", "tlsdsacertificatekeyfile", "tlscertificatechainfile", "tlscacertificatefile",
            "tlspkcs12file",
        ],
        folders: ["tlscacertificatepath"], includes: ["include": ""])
    private static let prosody = GenericServer(
        kind: .prosody, files: ["/etc/prosody/prosody.cfg.lua", "/etc/prosody/conf.d/*.cfg.lua"],
        keys: ["certificate", "key", "cafile", "https_certificate", "https_key", "ssl", "legacy_ssl_ssl"],
        folders: ["certificates", "capath"], ownFolders: ["/etc/prosody/certs"], comment: "--")
    private static let ejabberd = GenericServer(
        kind: .ejabberd, files: ["/etc/ejabberd/*.yml", "/opt/ejabberd/conf/*.yml"],
        keys: ["certfile", "certfiles", "ca_file", "cafile", "s2s_certfile", "domain_certfile", "c2s_cafile", "-"])
    private static let mosquitto = GenericServer(
        kind: .mosquitto, files: ["/etc/mosquitto/mosquitto.conf"],
        keys: ["certfile", "keyfile", "cafile", "bridge_certfile", "bridge_keyfile", "bridge_cafile"],
        folders: ["capath", "bridge_capath"], includes: ["include_dir": ".conf"])
    private static let cockpit = GenericServer(
        kind: .cockpit, files: ["/etc/cockpit/cockpit.conf"], ownFolders: ["/etc/cockpit/ws-certs.d"])
    private static let webmin = GenericServer(
        kind: .webmin, files: ["/etc/webmin/miniserv.conf", "/etc/usermin/miniserv.conf"],
        keys: ["keyfile", "certfile", "extracas", "ca"])
    private static let grafana = GenericServer(
        kind: .grafana, files: ["/etc/grafana/grafana.ini"], keys: ["cert_file", "cert_key"], comment: ";")
}
