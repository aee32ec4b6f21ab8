import Glibc
import Logging
import StewardEdge

/// How many files and sockets the server may have open.
enum DescriptorLimit {
    /// What is needed beside connections: files, the database, spooled bodies, three descriptors a worker.
    static let reserve = 256

    /// Raises the soft limit as far as `connections` need it and the hard limit allows.
    /// - Returns: the most connections that fit.
    static func raise(for connections: Int) -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return connections }
        let wanted = rlim_t(connections + reserve)
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(wanted, limit.rlim_max)
            _ = setrlimit(resource, &limit)
            _ = getrlimit(resource, &limit)
        }
        return limit.rlim_cur >= wanted ? connections : max(1, Int(limit.rlim_cur) - reserve)
    }

    /// The hard limit, up to which a server raises its own.
    static var hard: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        return Int(clamping: limit.rlim_max)
    }
}

extension EdgeLimits {
    /// The edge's limits as the settings have them, with no more connections than there can be descriptors.
    static func fitting(_ settings: ServerSettings, logger: Logger) -> EdgeLimits {
        var limits = EdgeLimits(settings)
        limits.connections = DescriptorLimit.raise(for: settings.limits.connections)
        guard limits.connections < settings.limits.connections else { return limits }
        let wanted = settings.limits.connections + DescriptorLimit.reserve
        logger.warning(
            """
            At most \(limits.connections) connections instead of \(settings.limits.connections): only \(DescriptorLimit.hard) \
            open files are allowed. Run 'ulimit -Hn \(wanted)' before (systemd: LimitNOFILE=\(wanted)), or lower \
            'limits.connections'.
            """, metadata: ["event": "open-files"])
        return limits
    }
}
