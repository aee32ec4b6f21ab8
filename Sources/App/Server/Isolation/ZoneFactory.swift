import Foundation
import Glibc
import Logging
import NIOCore
import StewardCore
import StewardSandbox
import StewardScripts
import StewardSettings

/// Makes zones' scripts with the processes that run them, each confined as the settings say.
final class ZoneFactory: Sendable {
    private let installation: Installation
    private let runtime: RuntimePaths
    private let state: StateFolder
    private let sessionSecret: String
    private let loop: any EventLoop
    private let logger: Logger
    /// Where groups of zones can be made; or why they can't.
    let cgroups: Result<Cgroups, Cgroups.Absence>

    /// A factory whose zones run `installation`'s interpreter.
    /// - Throws: `Problem` if the interpreter or the launcher doesn't work.
    init(
        installation: Installation, state: StateFolder, sessionSecret: String, loop: any EventLoop, logger: Logger
    ) throws(Problem) {
        self.installation = installation
        self.state = state
        self.sessionSecret = sessionSecret
        self.loop = loop
        self.logger = logger
        do throws(Cgroups.Absence) { cgroups = .success(try Cgroups.find()) } catch { cgroups = .failure(error) }
        runtime = try RuntimePaths.ask(
            installation, environment: Self.environment(installation, zone: [:], keepsHome: false))
    }

    /// What isolates the zones of these settings.
    func plan(_ settings: ServerSettings) throws(SettingsError) -> IsolationPlan {
        try IsolationPlan(settings, runtime: runtime, state: state)
    }

    /// The plan with what the settings demand, which is there now and must be at every start of a zone's processes.
    func require(_ plan: IsolationPlan) throws(Problem) -> IsolationPlan {
        var plan = plan
        try plan.requireAll(launcher: installation.launcher)
        return plan
    }

    /// How the scripts of a zone run.
    func settings(of zone: ZoneSettings, among all: [ZoneSettings], _ plan: IsolationPlan) -> ScriptZoneSettings {
        var scripts = ScriptZoneSettings(zone, among: all)
        for secret in zone.sandbox.secrets { scripts.environment[secret.name] = plan.secrets[secret.name] }
        guard let isolation = plan.zones[zone.prefix.text] else { return scripts }
        scripts.cpu = zone.sandbox.cpu.map { Int($0.components.seconds) }
        scripts.scratch = ScratchSettings(
            folder: isolation.scratch,
            owner: isolation.identity.map { ScratchSettings.Owner(user: $0.user, group: $0.group) },
            limit: zone.sandbox.scratch)
        scripts.spool = isolation.spool
        scripts.confinement = "\(isolation.identity.map { "\($0.user):\($0.group)" } ?? "server") \(zone.sandbox)"
        return scripts
    }

    /// The scripts of a zone, not started.
    func make(_ scripts: ScriptZoneSettings, _ plan: IsolationPlan) throws(Problem) -> ScriptZone {
        let isolation = plan.zones[scripts.prefix]
        if isolation?.identity != nil { state.letPass() }
        try isolation?.prepare()
        let cgroup = isolation.flatMap { group($0) }
        let zygote = ZygoteSettings(
            zone: scripts.prefix, python: installation.python,
            sessions: SessionKey(secret: sessionSecret, prefix: scripts.prefix, sharing: scripts.sessions),
            version: stewardVersion,
            environment: Self.environment(installation, zone: scripts.environment, keepsHome: isolation == nil),
            cgroup: cgroup, confinement: isolation.map { confinement($0, cgroup) })
        return ScriptZone(
            settings: scripts, zygote: Zygote(settings: zygote, loop: loop, logger: logger), logger: logger)
    }

    /// The control group of a zone; none where the machine has none to give, which `steward check` tells.
    private func group(_ isolation: ZoneIsolation) -> ZoneCgroup? {
        guard case .success(let groups) = cgroups else { return nil }
        let metadata: Logger.Metadata = ["event": "cgroup-failed", "zone": "\(isolation.zone)"]
        do throws(Cgroups.Absence) {
            let group = try ZoneCgroup(isolation.zone, in: groups, limits: isolation.limits)
            for missing in group.missing {
                logger.warning("Not limited by the control group: \(missing)", metadata: metadata)
            }
            return group
        } catch {
            logger.warning("\(error)", metadata: metadata)
            return nil
        }
    }

    private func confinement(_ isolation: ZoneIsolation, _ cgroup: ZoneCgroup?) -> ZygoteSettings.Confine {
        let installation = self.installation
        return { () throws(ZygoteFailure) in
            let obstacles = isolation.obstacles(interpreter: installation.python)
            guard obstacles.isEmpty else { throw ZygoteFailure(obstacles.joined(separator: " ")) }
            var policy = isolation.policy
            policy.cgroups = cgroup?.folders ?? []
            return Confinement(
                launcher: installation.launcher, policy: policy.encoded, layer: isolation.layer,
                paths: isolation.reached, families: isolation.mayUseGPU ? SystemPaths.gpuFamilies : [])
        }
    }

    /// What the zygote's own process gets. Of the server's environment nothing but what says where programs are and how text
    /// and times are written; of the zone's what must be there before the interpreter starts.
    static func environment(
        _ installation: Installation, zone: [String: String], keepsHome: Bool
    ) -> [String] {
        var result = ["PYTHONPATH=\(installation.library)", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"]
        for name in ["PATH", "LANG", "LC_ALL", "TZ"] + (keepsHome ? ["HOME", "TMPDIR"] : []) where zone[name] == nil {
            if let value = getenv(name) { result.append("\(name)=\(String(cString: value))") }
        }
        for name in ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            if let value = zone[name] { result.append("\(name)=\(value)") }
        }
        return result
    }
}
