import StewardSettings
import Testing

@testable import StewardGPU

@Suite struct GPUSettingsTests {
    @Test func settingsBecomeThePolicy() throws {
        let text = """
            shares: {research: 3, "local:cron": 1}
            half_life: 2h
            longest_lease: 24h
            patience: none
            overcommit: true
            foreign: ignore
            """
        let settings = try GPUSettings.section.read(text: text, file: "steward.yaml")
        let policy = settings.policy
        #expect(policy.shares == ["research": 3, "local:cron": 1])
        #expect((policy.halfLife, policy.longestLease, policy.overcommit) == (7200, 86_400, true))
        #expect(settings.patience == nil && settings.foreign == .ignore && settings.enabled == .auto)
    }

    @Test func mistakesAreNamedWithTheirLine() {
        #expect {
            _ = try GPUSettings.section.read(text: "shares: {research: 0}\nforeign: avoids\n", file: "steward.yaml")
        } throws: { error in
            let lines = (error as? SettingsError)?.diagnostics.map(\.description) ?? []
            return lines.count == 2 && lines[0].contains("0 is out of range")
                && lines[1].contains("did you mean 'avoid'?")
        }
    }
}
