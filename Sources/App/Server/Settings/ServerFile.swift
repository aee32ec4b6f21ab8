import StewardAccess
import StewardCertificates
import StewardDANE
import StewardEdge
import StewardGPU
import StewardSandbox
import StewardScripts
import StewardSettings

/// The settings file as it stands, before paths, overrides and the environment are brought in.
struct ServerFile: Sendable {
    var listen = [ListenAddress(host: "127.0.0.1", port: 8080)]
    var state: String?
    var python: String?
    var share: String?
    var trustedProxies: [AddressBlock] = []
    var sessionSecret = SecretFile()
    var log = LogSettings()
    var metrics = MetricsSettings()
    var limits = LimitsFile()
    var tls = TLSSettings()
    var certificates = CertificatesSettings()
    var dane = DANESettings()
    var gpu = GPUSettings()
    var compute = ComputeSettings()
    var isolation = IsolationMode.auto
    var namespaces = NamespaceMode.auto
    var secrets: [MapEntry<String, SecretFile>] = []
    var keys: [KeySettings] = []
    var zones: [MapEntry<ZonePrefix, ZoneFile>] = []

    static let section = SettingsSection(
        ServerFile(), check: { file, node, reader in file.check(node, &reader) }
    ) {
        Field(
            "listen", \.listen, .oneOrMore(.listenAddress), example: "[127.0.0.1:8080, \"[::1]:8080\"]",
            "Where the server listens. IPv6 addresses stand in brackets and quotes.")
        Field(
            "zones", \.zones, .map("PREFIX", key: .zonePrefix, value: .section(ZoneFile.section)),
            standard: "three zones if --scripts names a folder",
            "The URL prefixes and their folders; the longest prefix wins.")
        Field(
            "state", \.state, ValueKind<String>.path.optional,
            standard: "$STATE_DIRECTORY, /var/lib/steward for root, else ~/.local/state/steward",
            "The folder for keys, audit log, logs and whatever else must last.")
        Field(
            "python", \.python, ValueKind<String>.text.optional, standard: "python3 from PATH",
            example: "/srv/venv/bin/python", "The Python interpreter that runs the scripts.")
        Field(
            "share", \.share, ValueKind<String>.path.optional, standard: "beside the program",
            "The folder of Steward's own files.")
        Field(
            "trusted_proxies", \.trustedProxies, .oneOrMore(.addressBlock), example: "[127.0.0.1, \"::1\"]",
            "The proxies whose Forwarded and X-Forwarded-For headers are believed.")
        Field(
            "session_secret", \.sessionSecret, .section(SecretFile.section),
            standard: "made once and kept in the state folder", "The secret that signs Flask's sessions.")
        Field(
            "keys", \.keys, .list(.section(KeySettings.section)),
            "Keys beside those that 'steward key add' makes and those of API_KEY and ADMIN_API_KEY.")
        Field(
            "isolation", \.isolation, .choice,
            "What stands between scripts and the machine: auto takes every defence that the machine has, strict doesn't start where one is missing, off takes none; docs/guides/isolation.md."
        )
        Field(
            "namespaces", \.namespaces, .choice,
            "Whether the scripts of each zone get namespaces of their own (users, mounts, processes, network, queues) where the machine lets them be: auto or off."
        )
        Field(
            "secrets", \.secrets, .map("NAME", key: .variableName, value: .section(SecretFile.section)),
            "Secrets for scripts. A zone gets those that its own `secrets` names, as variables of its environment; in the log they are masked."
        )
        Field("log", \.log, .section(LogSettings.section), "What is logged and where.")
        Field("metrics", \.metrics, .section(MetricsSettings.section), "Who may read the metrics.")
        Field(
            "tls", \.tls, .section(TLSSettings.section),
            "The HTTPS listener: certificates, versions, client certificates; docs/guides/tls.md.")
        Field(
            "limits", \.limits, .section(LimitsFile.section),
            "The limits of the HTTP edge, and of callers; docs/guides/limits.md.")
        Field(
            "certificates", \.certificates, .section(CertificatesSettings.section),
            "Where certbot's certificates are, what counts as use, when to warn.")
        Field(
            "dane", \.dane, .section(DANESettings.section),
            "Which services' TLSA records are kept true, and how; docs/guides/dane.md.")
        Field(
            "gpu", \.gpu, .section(GPUSettings.section),
            "How GPUs are handed out to scripts and jobs; docs/guides/gpu.md.")
        Field(
            "compute", \.compute, .section(ComputeSettings.section),
            "Who may run kernels and trainings through HTTP, and how much; docs/guides/compute.md.")
    }

    private func check(_ node: SettingsNode, _ reader: inout SettingsReader) {
        var lines: [ZonePrefix: Int] = [:]
        for zone in zones {
            if let line = lines[zone.key] {
                reader.report(
                    "the zone \(zone.key) is set twice, first in line \(line); keep one", mark: zone.mark,
                    path: zone.path)
            }
            lines[zone.key] = lines[zone.key] ?? zone.mark.line
        }
        var names: [String: String] = [:]
        for key in keys where !key.name.isEmpty {
            if let first = names[key.name] {
                reader.report("the name '\(key.name)' is taken by \(first)", mark: key.mark, path: key.path)
            }
            names[key.name] = names[key.name] ?? key.path
        }
        if let list = node["listen"], case .list(let items) = list.content, items.isEmpty {
            reader.report("the server must listen somewhere; write HOST:PORT", at: list)
        }
        for address in tls.listen where listen.contains(address) && address.port != 0 {
            reader.report(
                "\(address) is in 'listen' too; plain HTTP and HTTPS need a port each", at: node["tls"] ?? node)
        }
    }
}

/// One zone as the file has it.
struct ZoneFile: Sendable {
    var folder = ""
    var key = KeyRequirement.none
    var addresses: [AddressBlock] = []
    var bodyLimit = 128 << 20
    var limits = LimitSettings()
    var scripts = ScriptSettings()
    var sandbox = SandboxSettings()

    static let section = SettingsSection(ZoneFile()) {
        Field("folder", \.folder, .path, required: true, example: "app/api", "The folder of the zone's scripts.")
        Field(
            "key", \.key, .choice,
            "The key that a call must present: none, an API key (or an admin key), or an admin key.")
        Field(
            "addresses", \.addresses, .oneOrMore(.addressBlock),
            standard: "API_TRUSTED_IPS if the zone asks for a key, else every address",
            example: "[192.0.2.0/24, \"2001:db8::/32\"]", "The addresses that may call.")
        Field(
            "body_limit", \.bodyLimit, .size(in: 0...(1 << 40)), "The largest request body; larger ones get 413.")
        LimitSettings.section(standard: "limits.", of: "the zone").lifted(to: \.limits)
        ScriptSettings.section.lifted(to: \.scripts)
        SandboxSettings.section.lifted(to: \.sandbox)
    }
}
