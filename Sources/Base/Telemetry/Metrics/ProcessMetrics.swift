import Glibc

extension MetricsRegistry {
    /// Adds what Prometheus' own clients say about their process, read from `/proc` when it is asked for:
    /// open and allowed descriptors, memory, CPU time, start.
    package func observeProcess() {
        observe(gauge: "process_open_fds", help: "Open file descriptors of the server.") {
            ProcessFacts.openDescriptors().map(Double.init)
        }
        observe(gauge: "process_max_fds", help: "How many file descriptors the server may open.") {
            ProcessFacts.descriptorLimit()
        }
        observe(gauge: "process_resident_memory_bytes", help: "Resident memory of the server in bytes.") {
            ProcessFacts.residentBytes().map(Double.init)
        }
        observe(counters: "process_cpu_seconds_total", help: "User and system CPU time of the server in seconds.") {
            [([], ProcessFacts.processorSeconds())]
        }
        observe(
            gauge: "process_start_time_seconds", help: "When the server was started, in seconds since the Unix epoch."
        ) { ProcessFacts.startTime() }
    }
}

/// Facts of this process from the kernel.
enum ProcessFacts {
    /// How many descriptors are open, without the one that counts them.
    static func openDescriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count - 1
    }

    static func descriptorLimit() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }

    /// The second number of `statm` counts pages (proc_pid_statm(5)).
    static func residentBytes() -> Int? {
        guard let fields = read("/proc/self/statm")?.split(separator: " "), fields.count > 1 else { return nil }
        return Int(fields[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
    }

    static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec / 1000) / 1_000_000
    }

    /// Field 22 of `stat` counts clock ticks since boot (proc_pid_stat(5)); the fields are counted from behind the
    /// command's name, which may hold spaces and parentheses.
    static func startTime() -> Double? {
        guard let stat = read("/proc/self/stat"), let name = stat.lastIndex(of: ")"),
            let boot = read("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let bootTime = Double(boot.dropFirst(6))
        else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        return bootTime + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16 * 1024)
        while case let count = Glibc.read(descriptor, &part, part.count), count > 0 {
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
