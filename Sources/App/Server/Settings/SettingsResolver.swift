import StewardAccess
import StewardCertificates
import StewardDANE
import StewardEdge
import StewardGPU
import StewardSandbox
import StewardScripts
import StewardSettings

/// Brings file, command line and environment together.
struct SettingsResolver {
    let file: String?
    let overrides: SettingsOverrides
    let environment: SettingsEnvironment
    private(set) var diagnostics: [SettingsDiagnostic] = []

    init(file: String?, overrides: SettingsOverrides, environment: SettingsEnvironment) {
        self.file = file
        self.overrides = overrides
        self.environment = environment
    }

    /// The folder from which the file's relative paths count.
    var base: String {
        guard let file else { return environment.workingFolder }
        return SettingsPath.folder(of: SettingsPath.absolute(file, from: environment.workingFolder))
    }

    mutating func report(_ message: String, file: String, path: String = "", mark: SourceMark? = nil) {
        diagnostics.append(SettingsDiagnostic(file: file, mark: mark, path: path, message: message))
    }

    /// `isSound` is false when the file had errors: then what follows from them is not reported again.
    mutating func settings(from read: ServerFile, isSound: Bool) -> ServerSettings {
        let base = base
        let state = state(read)
        var log = read.log
        log.file = log.file.map {
            $0 == LogSettings.standardFile ? "\(state)/log/steward.log" : SettingsPath.absolute($0, from: base)
        }
        let zones = zones(read, isSound: isSound)
        return ServerSettings(
            listen: listen(read), state: state,
            python: read.python.map { $0.contains("/") ? SettingsPath.absolute($0, from: base) : $0 },
            share: read.share.map { SettingsPath.absolute($0, from: base) },
            trustedProxies: AddressList(read.trustedProxies), sessionSecret: sessionSecret(read),
            log: log, metrics: read.metrics, limits: read.limits.edge,
            failures: read.limits.failures.resolved(nil),
            tls: tls(read),
            certificates: certificates(read), dane: dane(read), gpu: gpu(read), compute: read.compute,
            isolation: read.isolation, namespaces: read.namespaces,
            secrets: secrets(read, zones: zones, isSound: isSound),
            keys: keys(read, zones: zones, isSound: isSound), zones: zones,
            file: file.map { SettingsPath.absolute($0, from: environment.workingFolder) })
    }

    private mutating func listen(_ read: ServerFile) -> [ListenAddress] {
        guard !overrides.listen.isEmpty else { return read.listen }
        return overrides.listen.compactMap { text in
            do throws(ValueRefusal) {
                return try ListenAddress(parsing: text)
            } catch {
                report(error.message, file: "--listen")
                return nil
            }
        }
    }

    /// The state folder.
    func state(_ read: ServerFile) -> String {
        if let state = overrides.state { return SettingsPath.absolute(state, from: environment.workingFolder) }
        if let state = read.state { return SettingsPath.absolute(state, from: base) }
        // systemd separates several folders by colons; the first is the unit's own.
        if let given = environment.value("STATE_DIRECTORY")?.split(separator: ":").first { return String(given) }
        if environment.isRoot { return "/var/lib/steward" }
        if let home = environment.value("XDG_STATE_HOME"), home.hasPrefix("/") { return "\(home)/steward" }
        return SettingsPath.absolute(
            ".local/state/steward", from: environment.value("HOME") ?? environment.workingFolder)
    }

    /// The section with every path absolute.
    func certificates(_ read: ServerFile) -> CertificatesSettings {
        var settings = read.certificates
        let base = base
        func absolute(_ path: String) -> String { SettingsPath.absolute(path, from: base) }
        settings.trees = settings.trees.map(absolute)
        settings.configRoot = absolute(settings.configRoot)
        settings.docker.root = absolute(settings.docker.root)
        settings.docker.socket = absolute(settings.docker.socket)
        settings.evidence.copies = settings.evidence.copies.map(absolute)
        settings.evidence.extra = settings.evidence.extra.map(absolute)
        for index in settings.evidence.configurations.indices {
            settings.evidence.configurations[index].file = absolute(settings.evidence.configurations[index].file)
        }
        settings.logs = absolute(settings.logs)
        settings.work = absolute(settings.work)
        settings.helper.socket = absolute(settings.helper.socket)
        return settings
    }

    /// The section with every path absolute.
    private func tls(_ read: ServerFile) -> TLSSettings {
        var settings = read.tls
        let base = base
        func absolute(_ path: String) -> String { SettingsPath.absolute(path, from: base) }
        for index in settings.certificates.indices {
            settings.certificates[index].certificate = settings.certificates[index].certificate.map(absolute)
            settings.certificates[index].key = settings.certificates[index].key.map(absolute)
            settings.certificates[index].lineage = settings.certificates[index].folder.map(absolute)
        }
        settings.clientCA = settings.clientCA.map(absolute)
        settings.clientCRL = settings.clientCRL.map(absolute)
        return settings
    }

    /// The section with every path absolute, but for words of commands.
    func dane(_ read: ServerFile) -> DANESettings {
        var settings = read.dane
        let base = base
        func absolute(_ path: String) -> String { SettingsPath.absolute(path, from: base) }
        settings.folder = settings.folder.map(absolute)
        settings.resolver.rootHints = settings.resolver.rootHints.map(absolute)
        settings.resolver.anchor = settings.resolver.anchor.map(absolute)
        for index in settings.zones.indices {
            settings.zones[index].update.key = settings.zones[index].update.key.map(absolute)
            settings.zones[index].file.path = settings.zones[index].file.path.map(absolute)
        }
        for index in settings.deployments.indices {
            settings.deployments[index].tree = absolute(settings.deployments[index].tree)
            settings.deployments[index].file = absolute(settings.deployments[index].file)
        }
        return settings
    }

    /// The section with every path absolute; the environment's library counts over the file's.
    func gpu(_ read: ServerFile) -> GPUSettings {
        var settings = read.gpu
        settings.nvml = environment.value("STEWARD_NVML") ?? settings.nvml.map { SettingsPath.absolute($0, from: base) }
        return settings
    }

    /// The state folder of what is done as root for the server: the helper's, never the server's own, which belongs to
    /// another user.
    func privilegedState() -> String {
        if let state = overrides.state { return SettingsPath.absolute(state, from: environment.workingFolder) }
        if let given = environment.value("STATE_DIRECTORY")?.split(separator: ":").first { return String(given) }
        return environment.isRoot ? "/var/lib/steward-helper" : state(ServerFile())
    }

    private func sessionSecret(_ read: ServerFile) -> SecretSource? {
        if let file = read.sessionSecret.file { return .file(SettingsPath.absolute(file, from: base)) }
        return read.sessionSecret.variable.map { .environment($0) }
    }
}

extension SettingsResolver {
    private mutating func zones(_ read: ServerFile, isSound: Bool) -> [ZoneSettings] {
        let trusted = trustedAddresses()
        var zones = read.zones.map { entry in
            ZoneSettings(
                folder: SettingsPath.absolute(entry.value.folder, from: base),
                access: ZoneAccess(
                    prefix: entry.key, key: entry.value.key, addresses: AddressList(entry.value.addresses)),
                bodyLimit: entry.value.bodyLimit, limits: entry.value.limits.rules(above: read.limits.callers.rules()),
                scripts: entry.value.scripts, sandbox: sandbox(entry.value))
        }
        if let scripts = overrides.scripts {
            if !zones.isEmpty {
                report(
                    "names the default zones, but the settings file has its own 'zones'; use one of the two",
                    file: "--scripts")
            }
            zones = Self.standardZones(SettingsPath.absolute(scripts, from: environment.workingFolder))
        } else if zones.isEmpty, isSound {
            if let file {
                report(
                    "there is no zone; add 'zones: {/: {folder: app}}' or use --scripts DIR", file: file, path: "zones")
            } else {
                report("there is nothing to serve; use --scripts DIR or --settings steward.yaml", file: "command line")
            }
        }
        for index in zones.indices where zones[index].access.key != .none && zones[index].access.addresses.isEmpty {
            zones[index].access.addresses = trusted
        }
        return zones
    }

    /// The zones that a folder of scripts has without a settings file.
    private static func standardZones(_ folder: String) -> [ZoneSettings] {
        let standard = ZoneFile()
        let rules: [(String, String, KeyRequirement)] = [
            ("/", "", .none), ("/api", "/api", .api), ("/admin", "/admin", .admin),
        ]
        return rules.compactMap { prefix, subfolder, key in
            guard let prefix = try? ZonePrefix(parsing: prefix) else { return nil }
            return ZoneSettings(
                folder: folder + subfolder, access: ZoneAccess(prefix: prefix, key: key),
                bodyLimit: standard.bodyLimit, scripts: standard.scripts, sandbox: standard.sandbox)
        }
    }

    private mutating func trustedAddresses() -> AddressList {
        guard let text = environment.value("API_TRUSTED_IPS") else { return AddressList() }
        var blocks: [AddressBlock] = []
        for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            do throws(ValueRefusal) {
                blocks.append(try AddressBlock(parsing: String(part)))
            } catch {
                report(error.message, file: "environment", path: "API_TRUSTED_IPS")
            }
        }
        return AddressList(blocks)
    }

    private mutating func keys(_ read: ServerFile, zones: [ZoneSettings], isSound: Bool) -> [KeySettings] {
        var keys = read.keys
        let known = zones.map(\.prefix.text)
        for index in keys.indices {
            if case .file(let path) = keys[index].source {
                keys[index].source = .file(SettingsPath.absolute(path, from: base))
            }
            for zone in keys[index].zones where isSound && !known.contains(zone.text) {
                let hint = Spelling.nearest(to: zone.text, among: known).map { "did you mean \($0)?" }
                report(
                    "there is no zone \(zone); \(hint ?? "zones: " + known.joined(separator: ", "))",
                    file: file ?? "", path: "\(keys[index].path).zones", mark: keys[index].mark)
            }
        }
        let variables: [(String, KeyRole)] = [("API_KEY", .api), ("ADMIN_API_KEY", .admin)]
        for (variable, role) in variables where environment.value(variable) != nil {
            if let twin = keys.first(where: { $0.name == variable }) {
                report(
                    "the name '\(variable)' is taken by the key of that environment variable; choose another",
                    file: file ?? "", path: twin.path, mark: twin.mark)
            }
            keys.append(KeySettings(name: variable, role: role, variable: variable))
        }
        return keys
    }
}
