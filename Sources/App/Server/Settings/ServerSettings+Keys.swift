import StewardAccess
import StewardSettings

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ServerSettings {
    /// The keys of the settings and the environment with their secrets' hashes. Reads the files that hold
    /// secrets; throws for every file and variable that has none.
    package func accessKeys(environment: SettingsEnvironment = .current) throws(SettingsError) -> [AccessKey] {
        var diagnostics: [SettingsDiagnostic] = []
        var result: [AccessKey] = []
        for key in keys {
            let origin: AccessKey.Origin =
                key.isFromEnvironment ? .environment(variable: key.name) : .settings(path: key.path)
            do throws(ValueRefusal) {
                switch key.source {
                case .digest(let digest):
                    result.append(
                        AccessKey(
                            name: key.name, digest: digest, role: key.role, zones: key.zones, expires: key.expires,
                            origin: origin))
                case .certificate(let pattern):
                    result.append(
                        AccessKey(
                            name: key.name, certificate: pattern, role: key.role, zones: key.zones,
                            expires: key.expires, origin: origin))
                case .file, .environment:
                    let secret = try key.source.read(environment: environment)
                    result.append(
                        AccessKey(
                            name: key.name, secret: secret, role: key.role, zones: key.zones, expires: key.expires,
                            origin: origin))
                }
            } catch {
                let place = file ?? "environment"
                diagnostics.append(
                    SettingsDiagnostic(file: place, mark: key.mark, path: key.path, message: error.message))
            }
        }
        guard diagnostics.isEmpty else { throw SettingsError(diagnostics) }
        return result
    }

    /// The files that hold secrets, for `steward check`.
    package var secretFiles: [String] {
        (keys.map(\.source) + [sessionSecret].compactMap { $0 }).compactMap { source in
            if case .file(let path) = source { path } else { nil }
        }
    }
}

extension SecretSource {
    /// The secret, without line ends around it.
    package func read(environment: SettingsEnvironment = .current) throws(ValueRefusal) -> String {
        switch self {
        case .digest: throw ValueRefusal("only the hash of this secret is known")
        case .certificate: throw ValueRefusal("a client certificate has no secret")
        case .environment(let name):
            guard let secret = environment.value(name) else {
                throw ValueRefusal("the environment variable \(name) is not set; set it or remove the key")
            }
            return secret
        case .file(let path):
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)),
                let text = String(validating: data, as: UTF8.self)
            else { throw ValueRefusal("can't read a secret from \(path); it must be a readable text file") }
            let secret = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            guard !secret.isEmpty else { throw ValueRefusal("\(path) is empty; write the secret into its first line") }
            return secret
        }
    }
}
