package import StewardSettings

/// Where certificates are looked for, what counts as use, and when to warn; the section `certificates`.
package struct CertificatesSettings: Hashable, Sendable {
    /// certbot's configuration folders; empty: those that are found.
    package var trees: [String] = []
    /// The folder that absolute paths in servers' configurations, renewal confs and symlinks count from.
    package var configRoot = "/"
    /// How trees and mounts of Docker are found.
    package var docker = Docker()
    /// What is looked at for signs of use.
    package var evidence = Evidence()
    /// What is asked over the network.
    package var probe = Probe()
    /// Where certbot writes its logs; renewal failures are read there.
    package var logs = "/var/log/letsencrypt"
    /// certbot's work folder, where one of its locks is.
    package var work = "/var/lib/letsencrypt"
    /// certbot's program: a path, or a name that is looked for on PATH.
    package var certbot = "certbot"
    /// A used lineage with fewer days left is a problem.
    package var warnDays = 14
    /// Whether `steward serve` watches the certificates.
    package var watch = true
    /// How long it waits between two looks at everything.
    package var interval: Duration = .seconds(3600)
    /// How long a lineage stays in quarantine before `steward certs purge` takes it.
    package var quarantineAge: Duration = .seconds(30 * 86_400)
    /// The privileged process that looks and acts for the server.
    package var helper = Helper()
    /// Whether the settings file has the section.
    package var isSet = false

    /// The defaults.
    package init() {}

    /// The keys of `certificates`.
    package static let section = SettingsSection(
        CertificatesSettings(), check: { settings, _, _ in settings.isSet = true }
    ) {
        Field(
            "trees", \.trees, .oneOrMore(.path), standard: "/etc/letsencrypt and those in Docker's volumes and mounts",
            example: "[/etc/letsencrypt, /srv/certbot/conf]",
            "certbot's configuration folders (its --config-dir). Named ones are the only ones looked at.")
        Field(
            "config_root", \.configRoot, .path,
            "The root of the machine that is meant, such as a container's: absolute paths in servers' configurations, renewal confs and symlinks count from it. With another one than / no process, port, name or container of this machine is looked at."
        )
        Field("docker", \.docker, .section(Docker.section), "How trees and uses in containers are found.")
        Field("evidence", \.evidence, .section(Evidence.section), "What is looked at for signs of use.")
        Field("probe", \.probe, .section(Probe.section), "What is asked over the network.")
        Field("logs", \.logs, .path, "certbot's --logs-dir: failing renewals are read there, and one of its locks is.")
        Field("work", \.work, .path, "certbot's --work-dir, where another of its locks is.")
        Field(
            "certbot", \.certbot, .text, example: "/opt/certbot/bin/certbot",
            "certbot's program, for revoking: a path, or a name that is looked for on PATH.")
        Field(
            "warn_days", \.warnDays, .integer(in: 0...3650),
            "A lineage that is in use and has fewer days left is a problem.")
        Field(
            "watch", \.watch, .flag,
            "Whether the server watches the certificates through the helper: metrics, log lines, problems.")
        Field(
            "interval", \.interval, .duration(in: .seconds(60)...(.seconds(7 * 86_400))),
            "How long the server waits between two looks at everything; a change in a tree makes it look at once.")
        Field(
            "quarantine_age", \.quarantineAge, .duration(in: .seconds(0)...(.seconds(3650 * 86_400))),
            "How long a lineage stays in quarantine before 'steward certs purge' takes it, unless --older-than says otherwise."
        )
        Field("helper", \.helper, .section(Helper.section), "The privileged process behind the server.")
    }
}

extension CertificatesSettings {
    /// How Docker is asked; `certificates.docker`.
    package struct Docker: Hashable, Sendable {
        /// Whether it is asked at all.
        package var enabled = true
        /// Its folder.
        package var root = "/var/lib/docker"
        /// Its API's socket.
        package var socket = "/var/run/docker.sock"

        static let section = SettingsSection(Docker()) {
            Field("enabled", \.enabled, .flag, "Whether volumes and containers' mounts are looked at.")
            Field("root", \.root, .path, "Docker's folder, where its volumes are.")
            Field("socket", \.socket, .path, "The socket of Docker's API; read only.")
        }
    }
}

extension CertificatesSettings {
    /// What is looked at for signs of use; `certificates.evidence`.
    package struct Evidence: Hashable, Sendable {
        /// Further configuration files.
        package var extra: [String] = []
        /// Main configuration files of servers that have them in unusual places.
        package var configurations: [Configuration] = []
        /// Folders that may hold copies of certificates and keys, beside those that are looked at anyway.
        package var copies: [String] = []

        static let section = SettingsSection(Evidence()) {
            Field(
                "extra", \.extra, .oneOrMore(.text), example: "[/srv/*/config.toml]",
                "Further files (globs, absolute) in which a lineage's path counts as use.")
            Field(
                "configurations", \.configurations, .list(.section(Configuration.section)),
                "Main configuration files of servers that have them in unusual places.")
            Field(
                "copies", \.copies, .oneOrMore(.path), example: "[/srv/app/tls]",
                "Further folders in which copies of certificates and keys are looked for by their content.")
        }
    }
}

extension CertificatesSettings.Evidence {
    /// One server's main configuration file; an entry of `certificates.evidence.configurations`.
    package struct Configuration: Hashable, Sendable {
        /// The servers whose configurations are understood.
        package enum Server: String, Hashable, Sendable, CaseIterable {
            case apache, nginx, postfix, dovecot, haproxy, exim, caddy, stalwart
        }

        /// Whose configuration it is.
        package var server = Server.nginx
        /// The file.
        package var file = ""

        static let section = SettingsSection(Configuration()) {
            Field("server", \.server, .choice, required: true, example: "nginx", "Whose configuration it is.")
            Field(
                "file", \.file, .path, required: true, example: "/opt/nginx/nginx.conf",
                "The file from which its other files are found.")
        }
    }

    /// The files by what kind of sign they give.
    var configurationsByKind: [StewardCertificates.Evidence.Kind: [String]] {
        Dictionary(
            configurations.compactMap { configuration in
                StewardCertificates.Evidence.Kind(rawValue: configuration.server.rawValue)
                    .map { ($0, [configuration.file]) }
            }, uniquingKeysWith: +)
    }
}

extension CertificatesSettings {
    /// What is asked over the network; `certificates.probe`.
    package struct Probe: Hashable, Sendable {
        /// Whether ports are asked at all.
        package var enabled = true
        /// Further ports, `HOST:PORT`, beside those on which this machine listens.
        package var targets: [String] = []
        /// How long one port may take.
        package var timeout: Duration = .seconds(5)

        static let section = SettingsSection(Probe()) {
            Field("enabled", \.enabled, .flag, "Whether ports are asked which certificate they serve.")
            Field(
                "targets", \.targets, .oneOrMore(.probeTarget), example: "[mail.example.com:25, \"[2001:db8::7]:443\"]",
                "Further ports to ask, beside those on which this machine listens.")
            Field(
                "timeout", \.timeout, .duration(in: .milliseconds(100)...(.seconds(60))),
                "How long one port may take to answer.")
        }
    }
}

extension CertificatesSettings {
    /// The privileged process behind the server; `certificates.helper`.
    package struct Helper: Hashable, Sendable {
        /// Where it listens.
        package var socket = "/run/steward-helper/helper.sock"
        /// Whose requests it takes beside root's: names or numbers of users.
        package var allow = ["steward"]

        static let section = SettingsSection(Helper()) {
            Field("socket", \.socket, .path, "The Unix socket on which 'steward helper' listens.")
            Field(
                "allow", \.allow, .oneOrMore(.text), example: "[steward, \"998\"]",
                "The users whose requests it takes beside root's and its own, proved by the kernel (SO_PEERCRED).")
        }
    }
}

extension ValueKind where Value == String {
    /// `HOST:PORT`, and how it speaks where the port doesn't tell.
    fileprivate static var probeTarget: ValueKind {
        .scalar("HOST:PORT or HOST:PORT PROTOCOL", format: { $0 }) { text throws(ValueRefusal) in
            guard LiveSettings.Target(text) != nil else {
                throw ValueRefusal(
                    "\"\(text)\" is no port to ask; write HOST:PORT (mail.example.com:25, [2001:db8::7]:443), with a protocol where the port is unusual: 'host:2525 smtp'"
                )
            }
            return text
        }
    }
}
