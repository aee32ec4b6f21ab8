import Synchronization

/// NVIDIA's libraries as they were found on this machine, each opened when it is first needed.
package final class CUDALibraries: Sendable {
    package let paths: CUDALibraryPaths
    private let opened = Mutex(Opened())

    private struct Opened {
        var driver: Result<CUDADriver, DeviceAbsence>?
        var compiler: Result<NVRTC, DeviceAbsence>?
        var products: Result<CUBLAS, DeviceAbsence>?
    }

    /// Those of this machine.
    package static let system = CUDALibraries(paths: .current)

    package init(paths: CUDALibraryPaths) { self.paths = paths }

    /// The driver, initialised.
    /// - Throws: why it can't be used, with the way out.
    package func driver() throws(DeviceAbsence) -> CUDADriver {
        try opened.withLock { opened in
            let result = opened.driver ?? Self.capture { () throws(DeviceAbsence) in try openDriver() }
            opened.driver = result
            return result
        }.get()
    }

    /// The compiler for kernels; needs no driver.
    /// - Throws: why there is none, with what to install.
    package func compiler() throws(DeviceAbsence) -> NVRTC {
        let most = try? driver().cudaMajor
        return try opened.withLock { opened in
            let result = opened.compiler ?? Self.capture { () throws(DeviceAbsence) in try openCompiler(most) }
            opened.compiler = result
            return result
        }.get()
    }

    /// Matrix products by NVIDIA.
    /// - Throws: why they can't be had, with what to install.
    package func products() throws(DeviceAbsence) -> CUBLAS {
        let most = try? driver().cudaMajor
        return try opened.withLock { opened in
            let result = opened.products ?? Self.capture { () throws(DeviceAbsence) in try openProducts(most) }
            opened.products = result
            return result
        }.get()
    }

    private static func capture<Value>(
        _ body: () throws(DeviceAbsence) -> Value
    ) -> Result<Value, DeviceAbsence> {
        do throws(DeviceAbsence) { return .success(try body()) } catch { return .failure(error) }
    }
}

extension CUDALibraries {
    /// The first candidate that is a driver and answers; a toolkit's stub is passed over.
    private func openDriver() throws(DeviceAbsence) -> CUDADriver {
        var stub: DeviceAbsence?
        var reason = ""
        for path in paths.driver {
            guard let library = SharedLibrary(path, reason: &reason) else { continue }
            let file = library.path(of: "cuInit")
            if file.split(separator: "/").contains("stubs") {
                stub = stub ?? Self.stub(file)
                continue
            }
            let driver = try CUDADriver(library)
            let status = driver.initialize(0)
            if status == CUDAStatus.stubLibrary {
                stub = stub ?? Self.stub(file)
                continue
            }
            guard status == 0 else { throw Self.refusal(driver, status) }
            return driver
        }
        throw stub ?? missing("libcuda.so.1", paths.driver, reason, Self.driverWayOut)
    }

    private static let driverWayOut =
        "install the NVIDIA driver (and in a container start it with --gpus all, so that the driver is mounted)."

    private static func stub(_ file: String) -> DeviceAbsence {
        DeviceAbsence(
            .stubLibrary, library: "libcuda.so.1",
            sentence: "\(file) is the CUDA toolkit's stub, made for linking only: take its folder out of "
                + "LD_LIBRARY_PATH and \(driverWayOut)")
    }

    private static func refusal(_ driver: CUDADriver, _ status: CUDADriver.Status) -> DeviceAbsence {
        let known = CUDAStatus(status, driver: driver)
        let reason: DeviceAbsence.Reason = status == CUDAStatus.noDevice ? .noDevice : .driverError
        return DeviceAbsence(
            reason, library: "libcuda.so.1", sentence: "cuInit failed with \(known.title): \(known.advice)")
    }

    private func openCompiler(_ most: Int?) throws(DeviceAbsence) -> NVRTC {
        let wayOut =
            "install it with 'pip install nvidia-cuda-nvrtc-cu12' and name that Python in "
            + "STEWARD_CUDA_PYTHON, or the library's file in STEWARD_NVRTC."
        return try first("libnvrtc.so.12", paths.compiler, wayOut, most: most) { library throws(DeviceAbsence) in
            try NVRTC(library)
        }
    }

    private func openProducts(_ most: Int?) throws(DeviceAbsence) -> CUBLAS {
        let wayOut =
            "install it with 'pip install nvidia-cublas-cu12' and name that Python in "
            + "STEWARD_CUDA_PYTHON, or the library's file in STEWARD_CUBLAS."
        return try first("libcublas.so.12", paths.products, wayOut, most: most) { library throws(DeviceAbsence) in
            try CUBLAS(library)
        }
    }

    /// The first candidate that can be used. One made for a newer CUDA than the driver's comes last: the driver does
    /// not load what it makes.
    private func first<Library>(
        _ name: String, _ candidates: [String], _ wayOut: String, most: Int?,
        _ read: (SharedLibrary) throws(DeviceAbsence) -> Library
    ) throws(DeviceAbsence) -> Library {
        var reason = ""
        var failure: DeviceAbsence?
        for path in Self.ordered(candidates, most: most) {
            Self.openBuiltins(besides: path)
            guard let library = SharedLibrary(path, reason: &reason) else { continue }
            do throws(DeviceAbsence) { return try read(library) } catch { failure = failure ?? error }
        }
        throw failure ?? missing(name, candidates, reason, wayOut)
    }

    /// With those that are newer than the driver last.
    package static func ordered(_ candidates: [String], most: Int?) -> [String] {
        guard let most else { return candidates }
        func isNewer(_ path: String) -> Bool {
            guard let major = path.split(separator: ".").last.flatMap({ Int($0) }) else { return false }
            return major > most
        }
        return candidates.filter { !isNewer($0) } + candidates.filter(isNewer)
    }

    /// NVRTC 13.0 looks for its builtins by name only: outside the loader's folders they must be there already.
    private static func openBuiltins(besides path: String) {
        guard let slash = path.lastIndex(of: "/"), path.contains("nvrtc") else { return }
        var reason = ""
        for builtins in CUDALibraryPaths.glob("\(path[..<slash])/libnvrtc-builtins.so.*") {
            _ = SharedLibrary(builtins, reason: &reason)
        }
    }

    private func missing(_ name: String, _ places: [String], _ reason: String, _ wayOut: String) -> DeviceAbsence {
        DeviceAbsence(
            .libraryMissing, library: name,
            sentence: "\(name) can't be opened (\(reason.isEmpty ? "no candidate is there" : reason)): \(wayOut)")
    }
}

extension CUDADriver {
    /// The version of CUDA that the driver knows: 12080 for 12.8; 0 where it doesn't say.
    package var cudaVersion: Int {
        var version: Int32 = 0
        return driverVersion(&version) == 0 ? Int(version) : 0
    }
    package var cudaMajor: Int { cudaVersion / 1000 }
}
