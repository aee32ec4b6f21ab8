import Foundation
import StewardSettings

/// A secret for scripts, one entry of the section `secrets`.
package struct SecretSettings: Sendable, Hashable {
    /// The variable that scripts find it in.
    package var name: String
    /// Where it is kept.
    package var source: SecretSource
    /// The keys that lead to it.
    package var path: String
    /// Where it stands in the settings file.
    package var mark: SourceMark?

    /// The fewest bytes of a secret: a shorter one would be masked in words that merely contain it.
    static let shortest = 6

    /// The secret: a file's text without the line ends after it, or the variable's value.
    func read(environment: SettingsEnvironment) throws(ValueRefusal) -> String {
        var text: String
        switch source {
        case .digest, .certificate: throw ValueRefusal("a secret for scripts comes from a file or the environment")
        case .environment(let variable):
            guard let value = environment.value(variable) else {
                throw ValueRefusal("the environment variable \(variable) is not set; set it or remove the secret")
            }
            text = value
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path), let found = String(data: data, encoding: .utf8)
            else { throw ValueRefusal("can't read a secret from \(path); it must be a readable text file") }
            text = found
            while text.last?.isNewline == true { text.removeLast() }
        }
        guard !text.utf8.contains(0) else { throw ValueRefusal("a variable can't hold a NUL; encode the secret") }
        guard text.utf8.count >= Self.shortest else {
            throw ValueRefusal(
                "the secret has \(text.utf8.count) bytes; one of fewer than \(Self.shortest) can't be masked in the log"
            )
        }
        return text
    }
}

extension ServerSettings {
    /// The secrets that some zone asks for, by name. Reads the files that hold them; throws for each that can't be used.
    package func scriptSecrets(
        environment: SettingsEnvironment = .current
    ) throws(SettingsError) -> [String: String] {
        let wanted = Set(zones.flatMap(\.sandbox.secrets).map(\.name))
        var result: [String: String] = [:]
        var diagnostics: [SettingsDiagnostic] = []
        for secret in secrets where wanted.contains(secret.name) {
            do throws(ValueRefusal) {
                result[secret.name] = try secret.read(environment: environment)
            } catch {
                diagnostics.append(
                    SettingsDiagnostic(
                        file: file ?? "", mark: secret.mark, path: secret.path, message: error.message))
            }
        }
        guard diagnostics.isEmpty else { throw SettingsError(diagnostics) }
        return result
    }
}
