import StewardAccess
import StewardScripts

/// A zone as the dispatcher sees it: who may call, and what runs.
final class Zone: @unchecked Sendable {
    let access: ZoneAccess
    let scripts: ScriptZone
    /// Keeps its callers within its limits; the zone's across reloads, so that what callers have used stays.
    let limiter: Limiter
    /// The limits that count while this zone is served.
    let limits: LimitRules
    /// Largest request body, bytes.
    let bodyLimit: Int
    /// Prefix as text, for logs and metrics.
    let label: String

    init(access: ZoneAccess, scripts: ScriptZone, limiter: Limiter, limits: LimitRules, bodyLimit: Int) {
        self.access = access
        self.scripts = scripts
        self.limiter = limiter
        self.limits = limits
        self.bodyLimit = bodyLimit
        label = access.prefix.text
    }
}
