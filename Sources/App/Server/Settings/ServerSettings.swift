import StewardAccess
import StewardCertificates
import StewardDANE
import StewardEdge
import StewardGPU
import StewardSandbox
import StewardScripts
import StewardSettings

/// Everything that a server needs to know, with every path absolute and every default filled in.
package struct ServerSettings: Sendable, Hashable {
    /// Where it listens.
    package var listen: [ListenAddress]
    /// The state folder.
    package var state: String
    /// The Python interpreter; nil: the first `python3` of PATH.
    package var python: String?
    /// The folder of Steward's own files; nil: found beside the binary.
    package var share: String?
    /// The proxies whose forwarding headers are believed.
    package var trustedProxies: AddressList
    /// Where the secret for signed cookies comes from; nil: made and kept in the state folder.
    package var sessionSecret: SecretSource?
    /// What is logged and where.
    package var log: LogSettings
    /// Who may read the metrics.
    package var metrics: MetricsSettings
    /// The limits of the HTTP edge.
    package var limits: EdgeSettings
    /// How many wrong keys an address may present; nil: any number.
    package var failures: Rate?
    /// The HTTPS listener.
    package var tls: TLSSettings
    /// Where certificates are looked for, and when to warn.
    package var certificates: CertificatesSettings
    /// Which services' TLSA records are kept true, and how.
    package var dane: DANESettings
    /// How GPUs are handed out.
    package var gpu: GPUSettings
    /// Who may run kernels through HTTP, and how much.
    package var compute: ComputeSettings
    /// How much stands between scripts and the machine.
    package var isolation: IsolationMode
    /// Whether zones get namespaces where they can be made.
    package var namespaces: NamespaceMode
    /// Secrets that zones may ask for.
    package var secrets: [SecretSettings]
    /// The keys of the settings file and of the environment.
    package var keys: [KeySettings]
    /// The zones, in the order of the file.
    package var zones: [ZoneSettings]
    /// The settings file, if there was one.
    package var file: String?

    /// The zones' rules.
    package var zoneAccess: [ZoneAccess] { zones.map(\.access) }
}

/// One zone: a prefix bound to a folder of scripts, to who may call them and to how they run.
package struct ZoneSettings: Sendable, Hashable {
    /// Its folder.
    package var folder: String
    /// Who may call it; holds its prefix.
    package var access: ZoneAccess
    /// The largest request body in bytes.
    package var bodyLimit: Int
    /// How often and how many at a time it may be called.
    package var limits = LimitRules()
    /// How its scripts run.
    package var scripts: ScriptSettings
    /// What they may use and reach.
    package var sandbox: SandboxSettings

    /// Its prefix.
    package var prefix: ZonePrefix { access.prefix }
}

/// How much is logged.
package enum LogLevel: String, Sendable, Hashable, CaseIterable {
    case trace
    case debug
    case info
    case warning
    case error
}

/// How log lines look.
package enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// Text on a terminal, JSON elsewhere.
    case auto
    case json
    case text
}

/// What is logged and where; the section `log`.
package struct LogSettings: Sendable, Hashable {
    /// The least level that is logged.
    package var level = LogLevel.info
    /// How lines look on standard output; the file is always JSON.
    package var format = LogFormat.auto
    /// Whether lines go to standard output.
    package var stdout = true
    /// The file; nil: none.
    package var file: String? = LogSettings.standardFile
    /// A file that has grown to so many bytes is set aside.
    package var rotateSize = 64 << 20
    /// How many files set aside are kept.
    package var rotateKeep = 8
    /// Further names of query values and headers that are masked.
    package var mask: [String] = []

    /// Stands for `log/steward.log` of the state folder until that is known.
    static let standardFile = "STATE/log/steward.log"

    /// The defaults.
    package init() {}

    static let section = SettingsSection(LogSettings()) {
        Field("level", \.level, .choice, "The least level that is logged.")
        Field(
            "format", \.format, .choice,
            "How lines look on standard output; auto is text on a terminal and JSON elsewhere. The file is always JSON."
        )
        Field("stdout", \.stdout, .flag, "Whether lines go to standard output.")
        Field(
            "file", \.file, ValueKind<String>.path.orNone, standard: "log/steward.log in the state folder",
            "The log file, or none.")
        Field("rotate_size", \.rotateSize, .size(in: (64 << 10)...(1 << 40)), "A file of this size is set aside.")
        Field("rotate_keep", \.rotateKeep, .integer(in: 0...1000), "How many files set aside are kept.")
        Field(
            "mask", \.mask, .oneOrMore(.text), example: "[iban, patient_id]",
            "Further names of query values and headers whose values are masked, besides those that look secret.")
    }
}

/// Who may read the metrics without an admin key; the section `metrics`.
package struct MetricsSettings: Sendable, Hashable {
    /// The addresses that may.
    package var addresses: [AddressBlock] = [
        AddressBlock(containing: IPAddress(v4: 127 << 24), prefixLength: 104),
        AddressBlock(containing: IPAddress(bits: 1), prefixLength: 128),
    ]

    /// The defaults: this machine.
    package init() {}

    /// The addresses as a list.
    package var addressList: AddressList { AddressList(addresses) }

    static let section = SettingsSection(MetricsSettings()) {
        Field(
            "addresses", \.addresses, .oneOrMore(.addressBlock),
            "The addresses that may read /_platform/metrics without an admin key.")
    }
}
