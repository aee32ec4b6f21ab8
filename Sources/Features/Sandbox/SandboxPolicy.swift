/// What the processes of one zone may do. Made from settings, handed to `steward-launch`, printed by `steward check`.
package struct SandboxPolicy: Hashable, Sendable {
    /// A user and group of the system, by number.
    package struct Identity: Hashable, Sendable {
        /// User.
        package var user: UInt32
        /// Primary group; there are no others.
        package var group: UInt32

        /// An identity.
        package init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    /// Who they run as; nil: as the server does.
    package var identity: Identity?
    /// Absolute paths beneath which files may be read and executed.
    package var readable: [String] = []
    /// Absolute paths beneath which files may be changed as well.
    package var writable: [String] = []
    /// Device files.
    package var devices: [String] = []
    /// Absolute paths beneath readable ones that are covered by something empty where the zone has a file tree of its own.
    package var hidden: [String] = []
    /// Which sockets may be made.
    package var network = NetworkRule.outbound
    /// Bytes of memory that each process may have (RLIMIT_DATA and, where no GPU is used, RLIMIT_AS); nil: no limit.
    package var memory: Int?
    /// Whether address space is limited too: drivers of GPUs reserve far more of it than they use.
    package var limitsAddressSpace = true
    /// Open descriptors of a process.
    package var files = 1024
    /// Processes and threads that may be added to those that the user has already.
    package var processes = 512
    /// Bytes of the largest file that may be written; nil: no limit.
    package var fileSize: Int?
    /// Namespaces that are made where the machine lets them be.
    package var namespaces: Set<SandboxNamespace> = Set(SandboxNamespace.allCases)
    /// Folders of the zone's control groups, made and limited by the server (`ZoneCgroup`).
    package var cgroups: [String] = []
    /// Defences without which the runtime isn't started.
    package var required: Set<Defence> = []

    /// The defaults: nothing but what every process needs.
    package init() {}
}

/// A kernel's namespace (namespaces(7)).
package enum SandboxNamespace: String, Hashable, Sendable, CaseIterable, Codable {
    case user, mount, pid, net, ipc
}

/// One thing that stands between a script and the machine; `steward check` says of each whether it holds.
package enum Defence: String, Hashable, Sendable, CaseIterable, Codable {
    /// A user of their own.
    case identity
    /// Nothing executed gains rights, and no capability is left.
    case privileges
    /// Limits of memory, descriptors, processes and files.
    case limits
    /// Landlock: files.
    case files
    /// Landlock: TCP ports (ABI 4).
    case ports
    /// Landlock: signals and abstract sockets to processes outside (ABI 6).
    case signals
    /// seccomp: system calls and kinds of sockets.
    case calls
    /// The whole process tree can be ended.
    case supervision
    /// A process table of its own.
    case processes
    /// A file tree of its own.
    case mounts
    /// A network of its own, empty (where `network` is `none`).
    case network
    /// System V and POSIX queues of its own.
    case ipc
    /// Memory, processors and processes of the zone together, by cgroup.
    case cgroup
}
