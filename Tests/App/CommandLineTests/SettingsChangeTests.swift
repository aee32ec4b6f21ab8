import StewardAPI
import StewardSettings
import Testing

@testable import StewardServer

/// What a reload may change and what needs a restart.
struct SettingsChangeTests {
    private func settings(_ text: String) throws -> ServerSettings {
        try ServerSettings.resolve(
            text: text, file: "/srv/steward.yaml", overrides: SettingsOverrides(),
            environment: SettingsEnvironment(variables: [:], workingFolder: "/srv", isRoot: false))
    }

    @Test func equalSettingsChangeNothing() throws {
        let same = try settings("zones: {/: {folder: app}}")
        let change = SettingsChange(from: same, to: same)
        #expect(change.changed.isEmpty && change.needsRestart.isEmpty && change.effective == same)
    }

    @Test func whatNeedsARestartStaysAsItWasAndIsNamedEachTime() throws {
        let old = try settings("zones: {/: {folder: app}}")
        let new = try settings("state: /other\npython: /usr/bin/python3\nzones: {/: {folder: app, timeout: 5s}}")
        let change = SettingsChange(from: old, to: new)
        #expect(change.changed.contains("zones"))
        #expect(change.needsRestart == ["state", "python"])
        #expect(change.effective.state == old.state && change.effective.python == nil)
        #expect(change.effective.zones == new.zones)
        #expect(SettingsChange(from: change.effective, to: new).needsRestart == ["state", "python"])
    }

    @Test func everySettingIsEitherLiveOrNeedsARestart() throws {
        let fields = Mirror(reflecting: try settings("zones: {/: {folder: app}}")).children.compactMap(\.label)
        #expect(fields.filter { $0 != "file" }.count == SettingsChange.names.count)
    }

    @Test func theReportIsOneSentence() {
        let zones = ReloadReport.Zones(added: ["/a"], changed: [], removed: ["/b", "/c"], kept: ["/"])
        let report = ReloadReport(
            zones: zones, opened: [], closed: [], changed: ["zones"], needsRestart: ["state"], milliseconds: 3)
        #expect(
            report.sentence
                == "zones added: /a; zones removed: /b, /c; new sections: zones; after a restart only: state")
    }
}
