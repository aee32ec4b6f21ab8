import Foundation
import Glibc
import StewardAccess
import StewardDatabase
import StewardEdge
import StewardSettings

/// Gathers the facts about keys and addresses and draws the findings from them.
enum AccessCheck {
    /// The findings about keys, address lists and proxies.
    static func findings(_ settings: ServerSettings) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        var keys: [AccessKey] = []
        do throws(SettingsError) { keys += try settings.accessKeys() } catch {
            findings += CheckFinding.settings(error)
        }
        do { keys += try storedKeys(StateFolder(settings.state)) } catch {
            findings.append(CheckFinding(.error, "state", at: settings.state, "\(error)."))
        }
        let facts = AccessFacts(
            zones: settings.zoneAccess, trustedProxies: settings.trustedProxies, keys: keys,
            gateways: Gateways.current,
            listensOnLoopbackOnly: (settings.listen + settings.tls.listen).allSatisfy(\.isLoopback),
            secretFiles: secretFiles(settings), now: Date())
        findings += AccessFindings.find(facts).map(CheckFinding.init)
        findings += unusedAddresses(settings)
        if !findings.contains(where: { $0.severity == .error || $0.severity == .warning }) {
            let count = keys.count
            findings.insert(
                CheckFinding(
                    .ok, "access", "\(count) \(count == 1 ? "key" : "keys"), and every zone that asks for one has one."),
                at: 0)
        }
        return findings
    }

    /// The keys of the state folder.
    static func storedKeys(_ state: StateFolder) throws -> [AccessKey] {
        guard FileManager.default.fileExists(atPath: state.database) else { return [] }
        return try KeyStore(StateDatabase.open(state.database, migrations: AccessTables.migrations)).list().map(\.key)
    }

    private static func secretFiles(_ settings: ServerSettings) -> [AccessFacts.SecretFile] {
        let own = StateFolder(settings.state)
        return (settings.secretFiles + [own.path + "/session.key", own.database]).compactMap { path in
            var information = stat()
            guard stat(path, &information) == 0 else { return nil }
            return AccessFacts.SecretFile(path: path, mode: information.st_mode & 0o777)
        }
    }

    /// `API_TRUSTED_IPS` is the list of zones that ask for a key and have none of their own.
    private static func unusedAddresses(_ settings: ServerSettings) -> [CheckFinding] {
        let name = "API_TRUSTED_IPS"
        guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty,
            settings.zones.allSatisfy({ $0.access.key == .none })
        else { return [] }
        return [
            CheckFinding(
                .warning, "access", at: name, "It is set, but no zone asks for a key, so it limits nobody.",
                remedy: "Write 'addresses:' into the zones that it is meant for.")
        ]
    }
}

extension CheckFinding {
    /// A finding about access. A zone without a key is no error here: the server starts and lets nobody in, and keys
    /// are often added later, on another machine than the one that checks the settings.
    init(_ finding: AccessFinding) {
        let severity: Severity =
            switch finding.severity {
            case .error: finding.code == "zone-without-key" ? .warning : .error
            case .warning: .warning
            case .note: .note
            }
        self.init(severity, "access", at: finding.subject, finding.message, remedy: finding.remedy)
    }
}
