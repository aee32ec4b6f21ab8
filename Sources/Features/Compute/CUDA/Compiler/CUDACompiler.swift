/// Compiles CUDA C with NVRTC. Needs no GPU and no driver.
package struct CUDACompiler: Sendable {
    package let nvrtc: NVRTC

    package init(_ nvrtc: NVRTC) { self.nvrtc = nvrtc }

    /// What code is made for.
    package enum Target: Hashable, Sendable {
        /// Machine code for that compute capability: 90 for 9.0.
        case machine(Int)
        /// PTX, which the driver of a newer device translates when it loads it.
        case portable(Int)

        /// 90 for 9.0.
        package var capability: Int {
            switch self {
            case .machine(let number), .portable(let number): number
            }
        }

        /// `--gpu-architecture`'s value.
        package var option: String {
            switch self {
            case .machine(let number): "sm_\(number)"
            case .portable(let number): "compute_\(number)"
            }
        }
    }

    /// Machine code where the compiler knows the device, else PTX for the newest that it knows below it.
    /// - Throws: ``ComputeError/Code/noCompiler`` for a device older than all that the compiler knows.
    package func target(for capability: Int) throws(ComputeError) -> Target {
        if nvrtc.architectures.contains(capability) { return .machine(capability) }
        guard let newest = nvrtc.architectures.last(where: { $0 < capability }) else {
            let known = nvrtc.architectures.map { "sm_\($0)" }.joined(separator: ", ")
            throw ComputeError(
                .noCompiler,
                "NVRTC \(nvrtc.version) makes no code for sm_\(capability) (it knows \(known)): install an older one "
                    + "('pip install \"nvidia-cuda-nvrtc-cu12<12.9\"').")
        }
        return .portable(newest)
    }

    /// What is defined before the source's first line, as far as conditions ask for it.
    package func definitions(for source: KernelSource, _ target: Target) -> [String: String] {
        let version = nvrtc.version.split(separator: ".").map(String.init)
        return [
            "__CUDACC__": "1", "__CUDACC_RTC__": "1", "__CUDA_ARCH__": "\(target.capability)0", "__cplusplus": "201703",
            "__CUDACC_VER_MAJOR__": version.first ?? "", "__CUDACC_VER_MINOR__": version.dropFirst().first ?? "0",
        ].merging(source.defines) { $1 }
    }

    /// Everything that decides about the code that comes out, for the key of the cache.
    package func recipe(_ source: KernelSource, _ target: Target) -> [String] {
        ["NVRTC \(nvrtc.version)"] + options(source, target)
    }

    /// `NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID`.
    private static let nameNotValid: NVRTC.Status = 10

    /// - Parameter kernels: names whose compiled names are wanted.
    /// - Throws: ``ComputeError/Code/compilation`` with the diagnostics in the source's own lines.
    package func compile(
        _ source: KernelSource, for target: Target, kernels: [String]
    ) throws(ComputeError) -> CompiledCode {
        var program: NVRTC.Program?
        let status = CStrings.withPointers(CUDAHeaders.all.map(\.text)) { texts in
            CStrings.withPointers(CUDAHeaders.all.map(\.name)) { names in
                nvrtc.create(&program, source.text, source.file, Int32(CUDAHeaders.all.count), texts, names)
            }
        }
        try check("nvrtcCreateProgram", status, source)
        defer { _ = nvrtc.destroy(&program) }
        for kernel in kernels {
            try check("nvrtcAddNameExpression", nvrtc.addName(program, kernel), source)
        }
        let options = options(source, target)
        let result = CStrings.withPointers(options) { nvrtc.compile(program, Int32(options.count), $0) }
        guard result == 0 else { throw failure(result, log: log(program), source) }
        var lowered: [String: String] = [:]
        for kernel in kernels {
            var name: UnsafePointer<CChar>?
            let status = nvrtc.loweredName(program, kernel, &name)
            guard status != Self.nameNotValid else {
                throw ComputeError(
                    .noKernel, "\(source.file): NVRTC can't make '\(kernel)': its arguments don't fit the template.")
            }
            try check("nvrtcGetLoweredName", status, source)
            lowered[kernel] = name.map { String(cString: $0) }
        }
        return CompiledCode(image: try image(program, target, source), lowered: lowered)
    }

    private func options(_ source: KernelSource, _ target: Target) -> [String] {
        ["--gpu-architecture=\(target.option)", "--std=c++17", "-lineinfo"]
            + CUDAHeaders.folders(besides: nvrtc.path).map { "--include-path=\($0)" }
            + source.defines.sorted { $0.key < $1.key }.map { "-D\($0.key)=\($0.value)" }
    }

    private func image(
        _ program: NVRTC.Program?, _ target: Target, _ source: KernelSource
    ) throws(ComputeError) -> [UInt8] {
        let (name, size, read) =
            switch target {
            case .machine: ("nvrtcGetCUBIN", nvrtc.cubinSize, nvrtc.cubin)
            case .portable: ("nvrtcGetPTX", nvrtc.ptxSize, nvrtc.ptx)
            }
        var count = 0
        try check("\(name)Size", size(program, &count), source)
        var status: NVRTC.Status = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            buffer.withMemoryRebound(to: CChar.self) { status = read(program, $0.baseAddress!) }
            initialized = count
        }
        try check(name, status, source)
        return bytes
    }

    private func log(_ program: NVRTC.Program?) -> String {
        var count = 0
        guard nvrtc.logSize(program, &count) == 0, count > 1 else { return "" }
        var bytes = [CChar](repeating: 0, count: count)
        guard nvrtc.log(program, &bytes) == 0 else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func check(_ call: String, _ status: NVRTC.Status, _ source: KernelSource) throws(ComputeError) {
        guard status != 0 else { return }
        throw ComputeError(
            .noCompiler,
            "\(call) failed for \(source.file) with \(text(status)) (\(status)): install NVRTC again ('pip install "
                + "--force-reinstall nvidia-cuda-nvrtc-cu12').")
    }

    private func text(_ status: NVRTC.Status) -> String {
        nvrtc.errorText(status).map { String(cString: $0) } ?? "an unknown status"
    }

    /// `NVRTC_ERROR_COMPILATION` is the source's fault; all else the installation's.
    private func failure(_ status: NVRTC.Status, log: String, _ source: KernelSource) -> ComputeError {
        let diagnostics = NVRTCLog.diagnostics(log)
        guard status == 6 || !diagnostics.isEmpty else {
            return ComputeError(
                .noCompiler,
                "nvrtcCompileProgram failed for \(source.file) with \(text(status)) (\(status))"
                    + (log.isEmpty ? "." : ": \(log)"))
        }
        let errors = diagnostics.count { $0.severity == .error }
        return ComputeError(
            .compilation,
            "\(source.file) does not compile for the GPU\(source.withInstances): \(errors) error\(errors == 1 ? "" : "s").",
            diagnostics: diagnostics)
    }
}

/// What a compiler made for a device, with the name that each kernel has in it.
package struct CompiledCode: Hashable, Sendable {
    /// CUBIN, or PTX that ends with a zero byte.
    package var image: [UInt8]
    /// From the source's name to the compiled one: `_Z5saxpyfPKfPfi`.
    package var lowered: [String: String]

    package init(image: [UInt8], lowered: [String: String]) {
        self.image = image
        self.lowered = lowered
    }
}
