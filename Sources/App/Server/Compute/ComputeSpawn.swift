import CLinux
import Foundation
import Glibc

/// Starts this program again as `steward compute exec`, and what that one gives up before it runs foreign code.
package enum ComputeSpawn {
    /// Why it can't be started.
    struct Refusal: Error {
        let text: String
    }

    /// The descriptor on which the child tells.
    static let descriptor: Int32 = 3

    /// What of the environment the child gets: where things are, and which devices it may see; no keys.
    private static let inherited: Set<String> = [
        "PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV",
        "STEWARD_NVRTC", "STEWARD_CUBLAS", "STEWARD_BLAS",
    ]
    private static let inheritedPrefixes = [
        "STEWARD_KERNEL_", "STEWARD_CUDA_", "CUDA_", "NVIDIA_", "STEWARD_GPU_", "OPENBLAS_",
    ]

    /// Without Swift's own backtracer, which works for seconds on a crash that a sentence explains.
    private static func environment(adding more: [String: String]) -> [String] {
        let known = ProcessInfo.processInfo.environment.filter { variable in
            inherited.contains(variable.key) || inheritedPrefixes.contains { variable.key.hasPrefix($0) }
        }
        return known.merging(more) { $1 }.map { "\($0.key)=\($0.value)" } + ["SWIFT_BACKTRACE=enable=no"]
    }

    /// Starts a child that computes `task`. `ends` are the write ends for messages, standard output and standard error.
    static func start(
        _ task: ComputeTask, request: [UInt8], memory: Int?, adding: [String: String], ends: [Int32]
    ) -> Result<pid_t, Refusal> {
        let input = clinux_memfd("steward-compute", 0)
        guard input >= 0 else { return .failure(Refusal(text: String(cString: strerror(errno)))) }
        defer { close(input) }
        var written = 0
        while written < request.count {
            let count = request.withUnsafeBytes {
                pwrite(input, $0.baseAddress?.advanced(by: written), request.count - written, off_t(written))
            }
            guard count > 0 else { return .failure(Refusal(text: String(cString: strerror(errno)))) }
            written += count
        }
        let words =
            ["steward", "compute", "exec", task.rawValue, "--parent", "\(getpid())"]
            + (memory.map { ["--memory", "\($0)"] } ?? [])
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment(adding: adding).map { strdup($0) } + [nil]
        defer { for word in arguments + variables { free(word) } }
        let map: [Int32] = [input, 0, ends[1], 1, ends[2], 2, ends[0], descriptor]
        var pid: pid_t = 0
        let code = clinux_spawn("/proc/self/exe", &arguments, &variables, "/", map, map.count / 2, &pid)
        return code == 0 ? .success(pid) : .failure(Refusal(text: String(cString: strerror(code))))
    }

    /// What the child does first: it ends with its parent, dumps no core, is the first that the kernel kills when memory
    /// runs out, has no more memory than it may, and hands its messages' descriptor to nobody.
    static func confine(parent: pid_t, memory: Int?) {
        _ = clinux_die_with_parent(SIGKILL)
        guard getppid() == parent else { _exit(1) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        limit(RLIMIT_CORE, to: 0)
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        // Not RLIMIT_AS: a GPU's driver reserves address space far beyond any memory.
        limit(RLIMIT_DATA, to: min(memory ?? machine, machine))
        if let file = fopen("/proc/self/oom_score_adj", "w") {
            fputs("1000", file)
            fclose(file)
        }
        _ = clinux_print_lines()
    }

    private static func limit(_ resource: __rlimit_resource, to bytes: Int) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(rlim_t(bytes), limit.rlim_max)
        limit.rlim_max = limit.rlim_cur
        _ = setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    }
}
