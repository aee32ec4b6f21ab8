internal import StewardDNS

/// Tells people by mail and by a command of theirs when something needs them: each alarm once, as it begins.
struct Alarms: Sendable {
    let settings: DANESettings.Alarm
    /// How long a mail or command may take, in seconds.
    private static let patience = 60.0

    init(_ settings: DANESettings.Alarm) { self.settings = settings }

    /// Tells, in the background, what is an alarm.
    func tell(_ told: RolloverLoop.Told) {
        guard told.event.isAlarm, settings.mail != nil || !settings.command.isEmpty else { return }
        Task.detached {
            if let address = settings.mail {
                let words = ["sendmail", "-i", "-f", "", "--", address]
                _ = await Command(words).run(seconds: Self.patience, input: Array(mail(told, to: address).utf8))
            }
            if !settings.command.isEmpty {
                let variables = ["STEWARD_DEPLOYMENT": told.deployment, "STEWARD_ALARM": told.event.code]
                _ = await Command(settings.command).run(
                    seconds: Self.patience, environment: variables, input: Array((told.event.text + "\n").utf8))
            }
        }
    }

    /// The mail (RFC 5322); addresses and texts hold no line ends.
    func mail(_ told: RolloverLoop.Told, to address: String) -> String {
        func line(_ text: String) -> String { text.filter { !$0.isNewline } }
        return """
            To: \(line(address))
            Subject: Steward: DANE of \(line(told.deployment)): \(line(told.event.code))
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            \(told.event.text)

            'steward dane' shows how everything stands, 'steward dane plan' what is done next.

            """
    }
}
