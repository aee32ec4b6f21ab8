import Glibc

/// Where NVIDIA's libraries are looked for, in order: a name goes through the loader's own search, a path is that file.
package struct CUDALibraryPaths: Hashable, Sendable {
    /// `libcuda.so.1`, part of the driver.
    package var driver: [String]
    /// `libnvrtc.so`, the run-time compiler.
    package var compiler: [String]
    /// `libcublas.so`, matrix products.
    package var products: [String]

    package init(driver: [String], compiler: [String], products: [String]) {
        self.driver = driver
        self.compiler = compiler
        self.products = products
    }

    /// The loader's search, `CUDA_HOME`, `/usr/local/cuda*`, and the wheels of a Python (`STEWARD_CUDA_PYTHON`, or the
    /// active virtual environment). `STEWARD_NVRTC` and `STEWARD_CUBLAS` name a file, `STEWARD_CUDA_DRIVER` the
    /// driver's library.
    package init(environment: [String: String], matches: (String) -> [String] = Self.glob) {
        let folders = Self.folders(environment, matches)
        func places(_ chosen: String, _ names: [String]) -> [String] {
            if let path = environment[chosen], !path.isEmpty { return [path] }
            return names + folders.flatMap { folder in names.flatMap { matches("\(folder)/\($0)") } }
        }
        if let path = environment["STEWARD_CUDA_DRIVER"], !path.isEmpty {
            driver = [path]
        } else {
            driver = ["libcuda.so.1"] + Self.driverFolders.flatMap { matches("\($0)/libcuda.so.1") }
        }
        compiler = places("STEWARD_NVRTC", ["libnvrtc.so.13", "libnvrtc.so.12"])
        products = places("STEWARD_CUBLAS", ["libcublas.so.13", "libcublas.so.12"])
    }

    /// What this process was started with.
    package static var current: CUDALibraryPaths { CUDALibraryPaths(environment: Self.environment) }

    /// Beside the loader's own: another folder may hide the driver behind a stub, and WSL has it in a place of its own.
    private static let driverFolders = [
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib",
    ]

    /// Folders of toolkits and wheels.
    private static func folders(_ environment: [String: String], _ matches: (String) -> [String]) -> [String] {
        var folders: [String] = []
        for name in ["CUDA_HOME", "CUDA_PATH"] {
            guard let home = environment[name], !home.isEmpty else { continue }
            folders += ["\(home)/lib64", "\(home)/lib"]
        }
        folders += matches("/usr/local/cuda/lib64") + matches("/usr/local/cuda-*/lib64").reversed()
        var roots: [String] = []
        if let python = environment["STEWARD_CUDA_PYTHON"], !python.isEmpty {
            roots.append(Self.environmentFolder(ofPython: python))
        }
        if let active = environment["VIRTUAL_ENV"], !active.isEmpty { roots.append(active) }
        for root in roots {
            for packages in matches("\(root)/lib/python3*/*-packages/nvidia") {
                folders += ["cu13", "cuda_nvrtc", "cublas"].map { "\(packages)/\($0)/lib" }
            }
        }
        return folders
    }

    /// `/opt/venv` for `/opt/venv/bin/python3`; a folder is taken as it is.
    static func environmentFolder(ofPython path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[parts.count - 2] == "bin" else { return path }
        return parts.dropLast(2).joined(separator: "/")
    }

    /// The files that fit a shell pattern, sorted.
    package static func glob(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard Glibc.glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in found.gl_pathv[index].map { String(cString: $0) } }
    }

    private static var environment: [String: String] {
        let names = [
            "STEWARD_CUDA_DRIVER", "STEWARD_NVRTC", "STEWARD_CUBLAS", "STEWARD_CUDA_PYTHON", "CUDA_HOME", "CUDA_PATH",
            "VIRTUAL_ENV",
        ]
        var values: [String: String] = [:]
        for name in names { values[name] = getenv(name).map { String(cString: $0) } }
        return values
    }
}
