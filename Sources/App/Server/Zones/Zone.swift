import StewardAccess
import StewardScripts

/// A zone as the dispatcher sees it: who may call, and what runs.
final class Zone: @unchecked Sendable {
    let access: ZoneAccess
    let scripts: ScriptZone
    /// Largest request body, bytes.
    let bodyLimit: Int
    /// Prefix as text, for logs and metrics.
    let label: String

    init(access: ZoneAccess, scripts: ScriptZone, bodyLimit: Int) {
        self.access = access
        self.scripts = scripts
        self.bodyLimit = bodyLimit
        label = access.prefix.text
    }
}
