import Foundation
import Glibc
import StewardAccess
import StewardCore
import StewardSandbox
import StewardScripts
import StewardSettings

/// Everything about the isolation of all zones: made from settings, for this machine.
package struct IsolationPlan: Sendable {
    /// The setting.
    package var mode: IsolationMode
    /// One for each zone, by prefix; empty where isolation is off.
    package var zones: [String: ZoneIsolation]
    /// Values of the secrets that zones ask for, by name.
    package var secrets: [String: String]

    /// Works it out.
    /// - Throws: `SettingsError` about users and secrets that can't be used.
    package init(_ settings: ServerSettings, runtime: RuntimePaths, state: StateFolder) throws(SettingsError) {
        mode = settings.isolation
        secrets = try settings.scriptSecrets()
        zones = [:]
        guard mode != .off else { return }
        let identities = ZoneIdentities.current
        let numbers = identities.numbers(for: settings.zones.map(\.prefix.text))
        var diagnostics: [SettingsDiagnostic] = []
        for zone in settings.zones {
            let prefix = zone.prefix.text
            do throws(ValueRefusal) {
                let identity = try Self.identity(zone.sandbox.user, number: numbers[prefix], identities)
                zones[prefix] = ZoneIsolation(
                    zone: prefix, folder: zone.folder, identity: identity, settings: zone.sandbox,
                    scratch: state.scratch + "/" + Self.name(prefix), spool: state.spool + "/" + Self.name(prefix),
                    runtime: runtime, mayUseGPU: settings.gpu.enabled != .off, required: [],
                    hidden: settings.zones.map(\.folder).filter { $0.hasPrefix(zone.folder + "/") } + [state.path],
                    namespaces: settings.namespaces)
            } catch {
                diagnostics.append(
                    SettingsDiagnostic(
                        file: settings.file ?? "", mark: nil, path: "zones.\(prefix).user", message: error.message))
            }
        }
        guard diagnostics.isEmpty else { throw SettingsError(diagnostics) }
    }

    /// Who a zone's processes become; nil: nobody else.
    static func identity(
        _ user: SandboxUser, number: UInt32?, _ identities: ZoneIdentities
    ) throws(ValueRefusal) -> SandboxPolicy.Identity? {
        switch user {
        case .server: return nil
        case .standard:
            guard identities.mayChange else { return nil }
            if let shared = identities.shared, shared.user != 0 { return shared }
            return number.map { SandboxPolicy.Identity(user: $0, group: $0) }
        case .named(let user, let group):
            let identity = try SandboxUser.resolve(user: user, group: group)
            if identity.user == geteuid() { return nil }
            guard identities.mayChange else {
                throw ValueRefusal(
                    "the server may not become the user '\(user)'; run it as root, or remove 'user' from the zone")
            }
            return identity
        }
    }

    /// A file name for a prefix: no two prefixes have the same.
    static func name(_ prefix: String) -> String {
        prefix.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "/"): "@"
            case UInt8(ascii: "@"), UInt8(ascii: "%"): "%\(String(byte, radix: 16))"
            default: String(UnicodeScalar(byte))
            }
        }.joined()
    }
}
