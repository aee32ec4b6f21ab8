import Glibc

/// The compiler of this machine that kernels for the processor are compiled with: clang, else g++.
package struct HostCompiler: Hashable, Sendable {
    /// Whose options it takes.
    package enum Family: String, Sendable { case clang, gcc }

    /// Where it lies.
    package let path: String
    package let family: Family
    /// Changes when the program is another one: its file's device, number, size and time.
    package let identity: String
    /// The options that name another machine; nil where objects are for this one. Others can't be loaded here: they are
    /// for tests that have an emulator.
    package private(set) var foreign: [String]?

    /// The same, for the machine that these options name.
    package func aiming(with options: [String]) -> HostCompiler {
        var compiler = self
        compiler.foreign = options
        return compiler
    }

    /// The compiler that `STEWARD_KERNEL_COMPILER` names, else the first of clang and g++ in `PATH`.
    /// - Throws: ``ComputeError/Code/noCompiler`` with what to install.
    package static func find() throws(ComputeError) -> HostCompiler {
        if let wanted = environment("STEWARD_KERNEL_COMPILER"), !wanted.isEmpty {
            if let found = locate(wanted) { return found }
            throw ComputeError(
                .noCompiler,
                "STEWARD_KERNEL_COMPILER names '\(wanted)', which isn't a program: name a clang or g++, or unset it.")
        }
        for name in ["clang++", "clang", "g++"] {
            if let found = locate(name) { return found }
        }
        throw ComputeError(
            .noCompiler,
            "No compiler for CUDA C kernels is on this machine: install one (apt install g++, or clang), or name one "
                + "in STEWARD_KERNEL_COMPILER. Kernels written in Swift run without.")
    }

    /// The program of this name or path.
    package static func locate(_ name: String) -> HostCompiler? {
        let folders =
            name.contains("/") ? [""] : (environment("PATH") ?? "/usr/bin:/bin").split(separator: ":").map { $0 + "/" }
        for folder in folders {
            let path = String(folder) + name
            var facts = stat()
            guard access(path, X_OK) == 0, stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
            let last = path.split(separator: "/").last.map(String.init) ?? path
            let identity = [
                "\(facts.st_dev)", "\(facts.st_ino)", "\(facts.st_size)", "\(facts.st_mtim.tv_sec)",
                "\(facts.st_mtim.tv_nsec)",
            ].joined(separator: ".")
            return HostCompiler(path: path, family: last.contains("clang") ? .clang : .gcc, identity: identity)
        }
        return nil
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Options for objects of that mode, without names of files.
    package func options(_ mode: KernelSource.Mode) -> [String] {
        let common = [
            "-x", "c++", "-std=gnu++17", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti",
            "-fno-math-errno", "-fno-strict-aliasing", "-w",
            // A large frame touches its pages one by one, so that it meets the guard page below a fiber's stack.
            "-fstack-clash-protection",
        ]
        let speed =
            switch mode {
            case .fast: ["-O3", "-ffp-contract=fast", "-fno-trapping-math"] + (foreign == nil ? [Self.native] : [])
            case .check: ["-O1", "-g", "-fsanitize=thread", "-ffp-contract=fast", "-fno-omit-frame-pointer"]
            }
        let words =
            switch family {
            case .clang: ["-fno-caret-diagnostics", "-fno-color-diagnostics", "-ferror-limit=20"]
            case .gcc:
                [
                    "-fno-diagnostics-show-caret", "-fdiagnostics-color=never", "-fdiagnostics-column-unit=byte",
                    "-fmax-errors=20", "-fno-semantic-interposition",
                    "--param=stack-clash-protection-guard-size=12",
                ]
            }
        // Else clang reports only the write of `x[i] += 1`.
        let watch = mode == .check && family == .clang ? ["-mllvm", "-tsan-instrument-read-before-write=1"] : []
        return common + speed + words + watch + (foreign ?? [])
    }

    /// Options for the linker.
    package var linking: [String] {
        let plain = ["-shared", "-Wl,-z,defs", "-Wl,--build-id=none", "-lm"]
        guard family == .clang else { return plain }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let linker = access(folder + "/ld.lld", X_OK) == 0 ? ["-fuse-ld=lld"] : []
        return ["-nostdlib++"] + linker + plain + (foreign ?? Self.storage)
    }

    /// See `KernelShim.storage`.
    private static var storage: [String] {
        #if arch(x86_64)
            ["-Wl,--wrap=__tls_get_addr"]
        #else
            []
        #endif
    }

    private static var native: String {
        #if arch(arm64)
            "-mcpu=native"
        #else
            "-march=native"
        #endif
    }
}
