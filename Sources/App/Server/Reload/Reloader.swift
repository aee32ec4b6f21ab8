import Logging
import NIOCore
import StewardAPI
import StewardAccess
import StewardCore
import StewardEdge
import StewardSettings
import StewardTelemetry

/// Reads the settings again and brings them into force, all or nothing, without dropping a call. One reload at a time.
actor Reloader {
    /// Why nothing was changed.
    struct Refusal: Error, Sendable {
        /// Sentences with the place in the file where there is one.
        let reasons: [String]
    }

    private let load: @Sendable () throws(SettingsError) -> ServerSettings
    private let parts: ServerParts
    private let logger: Logger
    private var turn: Task<Result<ReloadReport, Refusal>, Never>?

    /// `load` reads the settings file as it is now.
    init(parts: ServerParts, logger: Logger, load: @escaping @Sendable () throws(SettingsError) -> ServerSettings) {
        self.parts = parts
        self.logger = logger
        self.load = load
    }

    /// Reads the settings again, after the reloads that were asked for before. `cause` says who asked, for the log.
    func reload(_ cause: String) async -> Result<ReloadReport, Refusal> {
        let before = turn
        let mine = Task {
            _ = await before?.value
            return await self.carryOut(cause)
        }
        turn = mine
        return await mine.value
    }

    private func carryOut(_ cause: String) async -> Result<ReloadReport, Refusal> {
        let clock = ContinuousClock()
        let began = clock.now
        do throws(Refusal) {
            let change = SettingsChange(from: parts.current, to: try read())
            var report = try await bring(change)
            report.milliseconds = Int((clock.now - began) / .milliseconds(1))
            logger.notice(
                "The settings were read again (\(cause)): \(report.sentence)",
                metadata: ["event": "reloaded", "took_ms": "\(report.milliseconds)"])
            if !report.needsRestart.isEmpty {
                logger.warning(
                    "These settings differ and count after a restart only: \(report.needsRestart.joined(separator: ", "))",
                    metadata: ["event": "restart-needed"])
            }
            return .success(report)
        } catch {
            for reason in error.reasons {
                logger.error(
                    "\(reason)\(reason.hasSuffix(".") ? "" : ".") The settings stay as they were (\(cause)).",
                    metadata: ["event": "reload-refused"])
            }
            return .failure(error)
        }
    }

    private func read() throws(Refusal) -> ServerSettings {
        do throws(SettingsError) { return try load() } catch {
            throw Refusal(reasons: error.diagnostics.map(\.description))
        }
    }

    /// The watch over the certificates, a new one where the settings about them differ.
    private func certificates(_ change: SettingsChange) throws(Refusal) -> TLSWatch? {
        guard change.changed.contains("tls") else { return parts.tls.withLock { $0 } }
        do throws(SettingsError) { return try TLSWatch(change.effective) } catch {
            throw Refusal(reasons: error.diagnostics.map(\.description))
        }
    }

    /// Prepares all that can fail, then changes everything in one turn of the loop.
    private func bring(_ change: SettingsChange) async throws(Refusal) -> ReloadReport {
        let settings = change.effective
        let keys: [AccessKey]
        do throws(SettingsError) { keys = try settings.accessKeys() } catch {
            throw Refusal(reasons: error.diagnostics.map(\.description))
        }
        let watch = try certificates(change)
        if change.changed.contains("log"), let refusal = settings.log.refusal { throw Refusal(reasons: [refusal]) }
        let before = await parts.onLoop { $0.roster.zones }
        let draft = try compose(settings, keeping: before)
        let listening: ListenerSet.Draft
        do throws(Refusal) {
            try await start(draft)
            listening = try await parts.listeners.prepare(settings)
        } catch {
            await parts.onLoop { $0.roster.discard(draft) }
            throw error
        }
        await parts.onLoop { $0.adopt(settings, keys: keys, zones: draft, listening: listening, tls: watch) }
        return ReloadReport(
            zones: Self.zones(before: before, after: draft), opened: listening.opened, closed: listening.closed,
            changed: change.changed, needsRestart: change.needsRestart, milliseconds: 0)
    }

    private func compose(_ settings: ServerSettings, keeping zones: [Zone]) throws(Refusal) -> ZoneRoster.Draft {
        do { return try parts.roster.compose(settings, keeping: zones) } catch let error as SettingsError {
            throw Refusal(reasons: error.diagnostics.map(\.description))
        } catch {
            throw Refusal(reasons: [(error as? Problem)?.detail ?? "\(error)"])
        }
    }

    /// Starts the workers of new and changed zones and waits until each zone has one.
    private func start(_ draft: ZoneRoster.Draft) async throws(Refusal) {
        guard !draft.fresh.isEmpty else { return }
        await parts.onLoop { $0.roster.start(draft) }
        let clock = ContinuousClock()
        let end = clock.now + .nanoseconds(ZoneStart.patience.nanoseconds)
        while true {
            let missing = await parts.onLoop { _ in draft.fresh.filter { !$0.scripts.isReady }.map(\.label) }
            if missing.isEmpty { return }
            let failures = await parts.onLoop { _ in draft.fresh.compactMap(\.scripts.zygote.failure) }
            guard failures.isEmpty else { throw Refusal(reasons: failures) }
            guard clock.now < end else {
                throw Refusal(
                    reasons: missing.map { "zones.\($0): no worker was ready within 60 s; the log has what it printed" }
                )
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func zones(before: [Zone], after: ZoneRoster.Draft) -> ReloadReport.Zones {
        let old = Set(before.map(\.label))
        let fresh = Set(after.fresh.map(\.label))
        let new = after.zones.map(\.label)
        return ReloadReport.Zones(
            added: new.filter { !old.contains($0) }, changed: new.filter { old.contains($0) && fresh.contains($0) },
            removed: before.map(\.label).filter { !new.contains($0) }, kept: new.filter { !fresh.contains($0) })
    }
}
