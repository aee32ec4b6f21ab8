import CLinux
import Glibc
import StewardCore
import StewardSandbox
import StewardScripts

/// What stands between the scripts of one zone and the machine, worked out from the settings for this machine.
package struct ZoneIsolation: Sendable, Hashable {
    /// Prefix of the zone.
    package var zone: String
    /// Its folder.
    package var folder: String
    /// Who its processes run as; nil: as the server does.
    package var identity: SandboxPolicy.Identity?
    /// Its keys of the settings file.
    package var settings: SandboxSettings
    /// Where its workers' scratch folders are made.
    package var scratch: String
    /// Where its large request bodies wait.
    package var spool: String
    /// What the runtime reads.
    package var runtime: RuntimePaths
    /// Whether its scripts may use GPUs of this machine, if it has any.
    package var mayUseGPU: Bool
    /// Defences without which it isn't started.
    package var required: Set<Defence>
    /// Folders of other zones beneath its own, and the server's state: covered where it has a file tree of its own.
    package var hidden: [String] = []
    /// Whether it gets namespaces where they can be made.
    package var namespaces = NamespaceMode.auto

    /// Whether there are GPUs for them now: the driver may make its device files long after the start.
    private var usesGPU: Bool { mayUseGPU && access("/dev/nvidiactl", F_OK) == 0 }

    /// What all processes of the zone may do.
    package var policy: SandboxPolicy {
        var policy = SandboxPolicy()
        policy.identity = identity
        policy.readable = Self.unique(common + [folder, "/proc"])
        policy.writable = Self.unique([scratch] + settings.write)
        policy.devices = SystemPaths.devices + (usesGPU ? SystemPaths.gpu.devices + SystemPaths.cards : [])
        policy.network = settings.network
        policy.memory = settings.memory
        policy.limitsAddressSpace = !usesGPU
        policy.files = settings.files
        policy.processes = settings.processes
        policy.fileSize = settings.fileSize
        policy.required = required
        policy.hidden = hidden
        if namespaces == .off { policy.namespaces = [] }
        return policy
    }

    /// What all processes of the zone may use together.
    package var limits: CgroupLimits {
        let memory = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
        // Its first process, the zygote and their threads are not the scripts'.
        return CgroupLimits(memory: settings.memoryTotal ?? memory / 5 * 4, processes: settings.processes + 16)
    }

    /// What each worker keeps of it.
    package var layer: WorkerLayer {
        WorkerLayer(
            read: Self.unique(common + SystemPaths.machine), write: Self.unique(settings.write),
            devices: SystemPaths.devices + (usesGPU ? SystemPaths.gpu.devices : []))
    }

    private var common: [String] {
        SystemPaths.readable + runtime.readable + [spool] + settings.read + (usesGPU ? SystemPaths.gpu.readable : [])
    }

    /// The paths of both, those that aren't there among them; without those of the kernel.
    package var reached: [String] {
        Array(Set(common + settings.write + SystemPaths.devices)).filter {
            !$0.hasPrefix("/proc/") && !$0.hasPrefix("/sys/")
        }
    }

    /// Those that exist, each once and none that lies beneath another.
    private static func unique(_ paths: [String]) -> [String] {
        var kept: Set<String> = []
        for path in Set(paths).sorted(by: { $0.utf8.count < $1.utf8.count }) where access(path, F_OK) == 0 {
            let isCovered = kept.contains { path.hasPrefix($0 == "/" ? $0 : $0 + "/") }
            if !isCovered { kept.insert(path) }
        }
        return kept.sorted()
    }

    /// Makes the folders that its workers use, for their user alone.
    package func prepare() throws(Problem) {
        // Another user passes through the one, and reads what waits in the other: files there get the folder's group.
        let modes: (scratch: mode_t, spool: mode_t) = identity == nil ? (0o700, 0o700) : (0o711, 0o2750)
        for (path, mode) in [(scratch, modes.scratch), (spool, modes.spool)] {
            guard mkdir(path, 0o700) == 0 || errno == EEXIST,
                identity.map({ chown(path, geteuid(), $0.group) == 0 }) ?? true, chmod(path, mode) == 0
            else {
                throw Problem(
                    "state-folder", status: 500, title: "The state folder can't be used",
                    detail: "\(path) can't be made: \(String(cString: strerror(errno))).")
            }
        }
    }
}
