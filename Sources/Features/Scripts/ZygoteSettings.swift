package import StewardSandbox

/// What a zone's zygote is started with.
package struct ZygoteSettings: Sendable {
    /// Makes a confinement, or says why there can't be one.
    package typealias Confine = @Sendable () throws(ZygoteFailure) -> Confinement

    /// Prefix of the zone, for the log.
    package var zone: String
    /// The Python interpreter: a path.
    package var python: String
    /// Signs Flask sessions.
    package var sessions: SessionKey
    /// Steward's version, for the log.
    package var version: String
    /// The environment of the process, `NAME=VALUE`.
    package var environment: [String]
    /// The control group of its processes, removed when it has stopped.
    package var cgroup: ZoneCgroup?
    /// Made anew for each start: what confines the process. Nil: nothing does, and it is started without the launcher.
    package var confinement: Confine?

    /// Settings of the zygote of `zone`.
    package init(
        zone: String, python: String, sessions: SessionKey, version: String, environment: [String],
        cgroup: ZoneCgroup?, confinement: Confine?
    ) {
        self.zone = zone
        self.python = python
        self.sessions = sessions
        self.version = version
        self.environment = environment
        self.cgroup = cgroup
        self.confinement = confinement
    }
}

/// What confines the processes of a zone.
package struct Confinement: Sendable {
    /// Path of steward-launch.
    package var launcher: String
    /// The policy as steward-launch reads it.
    package var policy: [UInt8]
    /// What each worker keeps of it for itself.
    package var layer: WorkerLayer
    /// The paths that it is about. What stands there is named to the kernel by what it is now: where another file takes its
    /// place, as packages replace /etc/hosts, the confinement has to be made anew.
    package var paths: [String]
    /// Patterns of paths that it is about too, whatever stands there.
    package var families: [String]

    /// A confinement by that launcher.
    package init(
        launcher: String, policy: [UInt8], layer: WorkerLayer, paths: [String], families: [String] = []
    ) {
        self.paths = paths
        self.families = families
        self.launcher = launcher
        self.policy = policy
        self.layer = layer
    }
}

/// The second layer, which each worker puts itself into (python/steward_worker/sandbox.py): what all workers of the zone
/// may have. To it come the zone's folder, the worker's scratch folder and the device files of its GPUs.
package struct WorkerLayer: Encodable, Sendable, Hashable {
    /// Paths beneath which files may be read and executed.
    package var read: [String]
    /// Paths beneath which files may be changed.
    package var write: [String]
    /// Device files.
    package var devices: [String]

    /// A layer.
    package init(read: [String], write: [String], devices: [String]) {
        self.read = read
        self.write = write
        self.devices = devices
    }
}
