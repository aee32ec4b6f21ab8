import Glibc

/// From CUDA C to an object of this machine in the cache.
package enum KernelBuild {
    /// An object that can be loaded.
    package struct Product: Sendable {
        package var path: String
        package var signatures: [KernelSignature]
        /// Kernels that are templates.
        package var templates: [KernelTemplate]
        /// Whether it was compiled just now.
        package var isFresh: Bool
    }

    /// The object for the source: from the cache, or compiled.
    /// - Throws: ``ComputeError/Code/compilation`` with diagnostics in the source's own lines,
    ///   ``ComputeError/Code/noCompiler`` with what to install.
    package static func build(
        _ source: KernelSource, with compiler: HostCompiler, cache folder: String? = nil
    ) throws(ComputeError) -> Product {
        let translation = try KernelTranslation(source)
        guard !translation.signatures.isEmpty || !translation.templates.isEmpty else {
            throw ComputeError(.noKernel, "\(source.file) has no kernel: mark a function with __global__.")
        }
        let cache = try KernelCache.open(at: folder)
        let options = compiler.options(source.mode) + definitions(source)
        let key = KernelCache.key(
            [translation.text, compiler.path, compiler.identity, processor] + options + compiler.linking)
        let isFresh = !cache.holds(key)
        if isFresh { try compile(translation, source, compiler, options, into: cache, key) }
        return Product(
            path: cache.path(key), signatures: translation.signatures, templates: translation.templates,
            isFresh: isFresh)
    }

    /// The same with the compiler that is found.
    package static func build(_ source: KernelSource) throws(ComputeError) -> Product {
        try build(source, with: HostCompiler.find())
    }

    private static func definitions(_ source: KernelSource) -> [String] {
        source.defines.sorted { $0.key < $1.key }.map { "-D\($0.key)=\($0.value)" }
    }

    /// What `-march=native` depends on.
    package static let processor: String = CPUFacts.current.name + " " + CPUFacts.current.flags.joined(separator: " ")

    private static func compile(
        _ translation: KernelTranslation, _ source: KernelSource, _ compiler: HostCompiler, _ options: [String],
        into cache: KernelCache, _ key: String
    ) throws(ComputeError) {
        let (text, object, shared) = (cache.scratch(".cpp"), cache.scratch(".o"), cache.scratch(".so"))
        defer { for path in [text, object, shared] { unlink(path) } }
        try write(translation.text, to: text)
        if source.mode == .fast {
            try run([compiler.path] + options + [text, "-o", shared] + compiler.linking, source, translation)
        } else {
            // Apart, so that the linker doesn't add the sanitizer's runtime.
            try run([compiler.path] + options + ["-c", text, "-o", object], source, translation)
            try run([compiler.path, object, "-o", shared] + compiler.linking, source, translation)
        }
        try cache.publish(shared, as: key)
        cache.prune()
    }

    private static func write(_ text: String, to path: String) throws(ComputeError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let bytes = Array(text.utf8)
        guard file >= 0 else { throw unwritable(path) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw unwritable(path) }
            written += count
        }
    }

    private static func unwritable(_ path: String) -> ComputeError {
        ComputeError(
            .compilation, "\(path) can't be written (\(String(cString: strerror(errno)))); set STEWARD_KERNEL_CACHE.")
    }

    private static func run(
        _ arguments: [String], _ source: KernelSource, _ translation: KernelTranslation
    ) throws(ComputeError) {
        let run = try CompilerRun.run(arguments)
        guard run.status != 0 || run.timedOut else { return }
        if run.timedOut {
            throw ComputeError(
                .compilation, "\(source.file) isn't compiled after 120 seconds: \(arguments[0]) was ended.")
        }
        let diagnostics = translation.blaming(CompilerMessages.diagnostics(run.output, file: source.file), source)
        let count = diagnostics.filter { $0.severity == .error }.count
        guard count > 0 else {
            throw ComputeError(
                .compilation, "\(arguments[0]) ended with status \(run.status): \(run.output.prefix(2000))")
        }
        let hint =
            translation.hasLaunches
            ? " Only kernels are compiled: take out host code that calls CUDA's runtime or launches with <<<...>>>."
            : ""
        throw ComputeError(
            .compilation,
            "\(source.file) does not compile\(source.withInstances): \(count) \(count == 1 ? "error" : "errors").\(hint)",
            diagnostics: diagnostics)
    }
}
