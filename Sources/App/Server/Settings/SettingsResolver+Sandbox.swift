import StewardSandbox
import StewardSettings

extension SettingsResolver {
    /// The zone's keys with every path absolute.
    func sandbox(_ zone: ZoneFile) -> SandboxSettings {
        var settings = zone.sandbox
        settings.read = settings.read.map { SettingsPath.absolute($0, from: base) }
        settings.write = settings.write.map { SettingsPath.absolute($0, from: base) }
        return settings
    }

    /// The secrets; a zone that asks for one that isn't there is an error.
    mutating func secrets(_ read: ServerFile, zones: [ZoneSettings], isSound: Bool) -> [SecretSettings] {
        let known = read.secrets.map(\.key)
        for name in zones.flatMap(\.sandbox.secrets) where isSound && !known.contains(name.name) {
            let hint = Spelling.nearest(to: name.name, among: known).map { "; did you mean \($0)?" }
            report(
                "there is no secret \(name.name) in the section 'secrets'\(hint ?? "; add it there: \(name.name): {file: PATH}")",
                file: file ?? "", path: name.path, mark: name.mark)
        }
        return read.secrets.map { entry in
            let source: SecretSource =
                entry.value.file.map { .file(SettingsPath.absolute($0, from: base)) }
                ?? .environment(entry.value.variable ?? "")
            return SecretSettings(name: entry.key, source: source, path: entry.path, mark: entry.mark)
        }
    }
}
