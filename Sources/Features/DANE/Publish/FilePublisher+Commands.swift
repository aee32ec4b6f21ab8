import Glibc
internal import StewardCertificates
internal import StewardDNS

extension FilePublisher {
    /// What came of `rndc reload` or `thaw`.
    struct Reloaded {
        /// The words.
        var command: String
        /// Why it failed, as it says; nil: it says that it did not.
        var reason: String?
    }

    /// Seconds since 1970.
    package static let clock: @Sendable () -> Int64 = { Int64(time(nil)) }

    private static let commandTime = 60.0

    func reload(isEdited: Bool) async -> Reloaded {
        let command = Command(rndc + [freeze ? "thaw" : "reload", zone.host])
        let outcome = await command.run(seconds: Self.commandTime)
        return Reloaded(command: command.description, reason: outcome.isGood ? nil : outcome.reason)
    }

    /// Has BIND write its own changes into the file and keep still.
    func freeze(_ file: ZoneOnDisk) async throws(PublishFailure) {
        let wasOurs = file.isMarkedFrozen
        try file.markFrozen()
        let command = Command(rndc + ["freeze", zone.host])
        let outcome = await command.run(seconds: Self.commandTime)
        if outcome.isGood || (wasOurs && outcome.reason.contains("frozen")) { return try await settle(file) }
        if !wasOurs { file.unmarkFrozen() }
        throw PublishFailure(
            outcome.reason.contains("frozen") ? "frozen" : "reload-failed",
            outcome.reason.contains("frozen")
                ? "Zone \(zone) is frozen: somebody is editing \(path). When that is done, '\((rndc + ["thaw", zone.host]).joined(separator: " "))' ends it."
                : "'\(command)' failed: \(outcome.reason). Set 'dane.zones[].file.rndc' to words that reach the server, or 'freeze' to false if zone \(zone) isn't dynamic; \(path) was not changed.",
            isPassing: true)
    }

    /// BIND writes the file after it has said that the zone is frozen: waits until the file has the served serial. Where
    /// the two never agree (signed inline), no longer than it takes to write.
    private func settle(_ file: ZoneOnDisk) async throws(PublishFailure) {
        let end = ContinuousClock.now + .seconds(3)
        while ContinuousClock.now < end, !Task.isCancelled {
            let served = await serial()
            let written = ZoneFile(try file.read(), zone: zone).serial
            if served == nil || written == served { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Ends a freeze.
    func thawUnchanged(_ file: ZoneOnDisk) async throws(PublishFailure) {
        guard freeze, file.isMarkedFrozen else { return }
        let result = await reload(isEdited: false)
        guard let reason = result.reason else { return file.unmarkFrozen() }
        throw PublishFailure(
            "reload-failed",
            "'\(result.command)' failed: \(reason). Until it is run, zone \(zone) takes no dynamic updates.",
            isPassing: true)
    }

    /// named-checkzone on the new content. What it holds against the old one too stands in nobody's way.
    func check(_ new: [UInt8], old: [UInt8]) async throws(PublishFailure) {
        guard !checkzone.isEmpty else { return }
        guard let reason = await flaw(new) else { return }
        if let before = await flaw(old) {
            return notice(
                Finding(
                    "zone-flawed", .warning,
                    "named-checkzone finds fault with \(path) even without the change: \(before). Mend it; the change is made all the same, and seen to be served.",
                    path: path))
        }
        throw PublishFailure(
            "zone-invalid",
            "'\(checkzone.joined(separator: " "))' refuses the changed \(path), which was not written: \(reason). Set 'dane.zones[].file.checkzone' to words that run it ([] for no check)."
        )
    }

    /// What named-checkzone finds wrong; nil: nothing.
    func flaw(_ bytes: [UInt8]) async -> String? {
        let command = Command(checkzone + ["-i", "local", zone.host, "/dev/stdin"])
        let outcome = await command.run(seconds: Self.commandTime, input: bytes)
        guard !outcome.isGood else { return nil }
        return outcome.reason.split(separator: "/dev/stdin", omittingEmptySubsequences: false).joined(separator: path)
    }
}
