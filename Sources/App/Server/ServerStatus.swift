import Foundation
import StewardAPI
import StewardScripts

/// Whether the server can do its work. Confined to the edge's event loop.
final class ServerStatus: @unchecked Sendable {
    private let version: String
    private let roster: ZoneRoster
    private let certificates: CertificateWatcher?
    private let dane: DANEWatcher?
    private let started = Date()
    /// Set when the server was told to end.
    var isDraining = false

    init(version: String, roster: ZoneRoster, certificates: CertificateWatcher?, dane: DANEWatcher?) {
        self.version = version
        self.roster = roster
        self.certificates = certificates
        self.dane = dane
    }

    var health: Health {
        let zygotes = roster.zones.map(\.scripts.zygote).filter(\.isWanted)
        var reasons = roster.zones.compactMap(\.scripts.failure)
        reasons += zygotes.compactMap(\.failure)
        reasons += zygotes.filter { $0.failure == nil && $0.interpreter == nil }.map {
            "Python of the zone \($0.zone) is being started."
        }
        if isDraining { reasons.append("The server is shutting down.") }
        // A zone that can't run must not keep requests of the others away.
        let isReady = zygotes.contains { $0.interpreter != nil } && !isDraining
        let status =
            isDraining ? "draining" : !isReady ? "starting" : reasons.isEmpty ? "ok" : "degraded"
        return Health(
            status: status, live: true, ready: isReady, version: version,
            uptimeSeconds: (Date().timeIntervalSince(started) * 1000).rounded() / 1000, reasons: reasons,
            certificates: certificateHealth, dane: daneHealth)
    }

    /// For information: certificates make the server neither ready nor not. Numbers alone, as anybody may ask.
    private var certificateHealth: CertificateHealth? {
        guard let certificates, let list = certificates.last else { return nil }
        return CertificateHealth(lineages: list.lineages.count, problems: certificates.problemCount, at: list.at)
    }

    private var daneHealth: DANEHealth? {
        guard let dane, let status = dane.last else { return nil }
        return DANEHealth(services: status.services.count, problems: dane.problemCount, at: status.at)
    }
}
