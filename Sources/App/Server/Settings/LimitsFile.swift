import StewardAccess
import StewardEdge
import StewardSettings

/// The section `limits`: those of the HTTP edge, and those that callers have in every zone that sets none itself.
struct LimitsFile: Sendable {
    var edge = EdgeSettings()
    var callers = LimitSettings()
    var failures: LimitSetting<Rate> = (try? Rate(parsing: "20/10s")).map { .limit($0) } ?? .none

    static let section = SettingsSection(LimitsFile()) {
        EdgeSettings.section.lifted(to: \.edge)
        LimitSettings.section(standard: "", of: "a zone that sets nothing itself").lifted(to: \.callers)
        Field(
            "failures", \.failures, .limit(.rate),
            "Wrong keys that an address may present; then none of its keys is looked at for a while, and it gets 429.")
    }
}
