import CCompute
import Glibc

/// What this machine's processor is and what this process may use of it.
package struct CPUFacts: Sendable {
    /// The maker's name: `AMD EPYC 9R14`.
    package var name: String
    /// Features as the kernel names them.
    package var flags: [String]
    /// The processors that this process may run on.
    package var cores: Int
    /// Bytes that this process may use: the machine's, or its control group's limit.
    package var memory: Int

    /// Of this process, read once.
    package static let current = CPUFacts(
        cpuinfo: read("/proc/cpuinfo") ?? "", meminfo: read("/proc/meminfo") ?? "", groupLimit: groupLimit(),
        cores: Int(steward_allowed_processors()))

    /// From the texts of the files of the same names.
    package init(cpuinfo: String, meminfo: String, groupLimit: Int?, cores: Int) {
        func value(_ names: String...) -> String? {
            for line in cpuinfo.split(separator: "\n") {
                let pair = line.split(separator: ":", maxSplits: 1).map { $0.trimmed() }
                if pair.count == 2, names.contains(pair[0]), !pair[1].isEmpty { return pair[1] }
            }
            return nil
        }
        name = value("model name", "Model", "cpu model", "Hardware") ?? "processor"
        flags = (value("flags", "Features") ?? "").split(separator: " ").map(String.init)
        let total = meminfo.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        let kilobytes = total?.split(separator: " ").compactMap { Int($0) }.first ?? 0
        memory = min(kilobytes * 1024, groupLimit ?? Int.max)
        self.cores = max(1, cores)
    }

    /// The widest SIMD extension, as its maker writes it.
    package var architecture: String {
        let names = [
            ("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX"), ("sse4_2", "SSE4.2"), ("sse2", "SSE2"),
            ("sve2", "SVE2"),
            ("sve", "SVE"), ("asimd", "NEON"),
        ]
        return names.first { flags.contains($0.0) }?.1 ?? ""
    }

    /// The least limit of the control groups that this process is in; nil where there is none.
    private static func groupLimit() -> Int? {
        var limits: [Int] = []
        for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isUnified = parts[0] == "0"
            guard isUnified || parts[1].split(separator: ",").contains("memory") else { continue }
            let root = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
            let file = isUnified ? "memory.max" : "memory.limit_in_bytes"
            var names = parts[2].split(separator: "/")
            while true {
                let path = ([root] + names.map(String.init) + [file]).joined(separator: "/")
                if let limit = read(path).flatMap({ Int($0.trimmed()) }) { limits.append(limit) }
                if names.popLast() == nil { break }
            }
        }
        return limits.min()
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16384)
        while bytes.count < 1 << 20 {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    func trimmed() -> String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
