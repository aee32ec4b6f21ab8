/// CUDA C rewritten as C++ that the host's compiler takes: the shim, the user's text with a few words replaced (its
/// lines and columns kept by `#line`), and a table of the kernels.
package struct KernelTranslation: Sendable {
    /// What to compile.
    package private(set) var text: String
    /// The kernels, with the types that the source gives.
    package let signatures: [KernelSignature]
    /// Kernels that are templates.
    package let templates: [KernelTemplate]
    /// Whether the source has host code that starts kernels with `<<<...>>>`.
    package let hasLaunches: Bool

    private static let meetings: Set<String> = [
        "__syncthreads", "__syncthreads_count", "__syncthreads_and", "__syncthreads_or", "__syncwarp", "__shfl_sync",
        "__shfl_up_sync", "__shfl_down_sync", "__shfl_xor_sync", "__ballot_sync", "__any_sync", "__all_sync",
        "__activemask", "__match_any_sync", "__match_all_sync", "__reduce_add_sync", "__reduce_min_sync",
        "__reduce_max_sync", "__reduce_and_sync", "__reduce_or_sync", "__reduce_xor_sync",
    ]
    private static let places: Set<String> = ["threadIdx", "blockIdx", "blockDim", "gridDim"]

    /// What is defined before the source's first line.
    package static func definitions(for source: KernelSource) -> [String: String] {
        ["__CUDACC__": "1", "__CUDA_ARCH__": "700", "__STEWARD__": "1"].merging(source.defines) { $1 }
    }

    /// - Throws: ``ComputeError/Code/noKernel`` about an instance of a template that can't be made.
    package init(_ source: KernelSource) throws(ComputeError) {
        let outline = KernelOutline(source.text, definitions: Self.definitions(for: source))
        try KernelIncludes.check(outline, source)
        signatures = try KernelParser.signatures(of: source, outline: outline)
        templates = KernelParser.templates(of: outline)
        hasLaunches = outline.tokens.contains { $0.text == "<<<" }
        let kernels = Self.functions(of: signatures, outline)
        let special = outline.functions.filter(\.isSpecialisation)
        let reachable = kernels.map { kernel in
            // Which body an instance has is the compiler's to know.
            special.filter { kernel.isTemplate && $0.name == kernel.name }
                .reduce(outline.words(reachableFrom: kernel)) { $0.union(outline.words(reachableFrom: $1)) }
        }
        let ambient = zip(kernels, reachable).map { Self.isAmbient($0, $1, outline) }
        let rows = zip(zip(zip(kernels, signatures), reachable), ambient).map { row, ambient in
            let ((kernel, signature), words) = row
            let name = kernel.isTemplate ? signature.name : kernel.qualifiedName
            let meets = source.mode == .check || !words.isDisjoint(with: Self.meetings)
            if meets { return "    STEWARD_FIBERS(\(ambient), \(name))," }
            let isSpecial = kernel.isTemplate && special.contains { $0.name == kernel.name }
            let guards = KernelGuards(kernel, outline)
            let asks = ambient || isSpecial ? 0 : guards.stride != nil ? 2 : guards.conditions.isEmpty ? 0 : 1
            return "    STEWARD_LOOPS(\(ambient), \(asks), \(name)),"
        }
        var edits = KernelEdits(source)
        edits.rewrite(outline)
        text = """
            #define STEWARD_AMBIENT \(ambient.contains(true) ? 1 : 0)
            \(source.mode == .check ? KernelShim.checkText : KernelShim.text)
            #line 1 "\(KernelEdits.quoted(source.file))"
            \(edits.text)
            #line 1 "steward-entries"
            STEWARD_MODULE(
            \(rows.joined(separator: "\n"))
            )

            """
    }

    /// Diagnostics of the generated rows, which have no line in the source: those of the instance that can't be made.
    func blaming(
        _ diagnostics: [ComputeError.Diagnostic], _ source: KernelSource
    ) -> [ComputeError.Diagnostic] {
        guard !source.instantiations.isEmpty, diagnostics.allSatisfy({ $0.line == 0 }) else { return diagnostics }
        let instances = signatures.filter { $0.name.contains("<") }
        let names = instances.map(\.name).joined(separator: ", ")
        let own = ["steward_", "'kernel'", "invalid template arg", "unable to deduce 'auto'"]
        var texts: [String] = []
        for text in diagnostics.map(\.text) where !texts.contains(text) && !own.contains(where: text.contains) {
            texts.append(text)
        }
        if texts.isEmpty { texts = ["the arguments don't fit the template"] }
        return texts.map {
            ComputeError.Diagnostic(
                severity: .error, file: source.file, line: instances.first?.line ?? 0, column: 0,
                text: "\(names): \($0)")
        }
    }

    /// What defines each kernel, in the signatures' order.
    private static func functions(
        of signatures: [KernelSignature], _ outline: KernelOutline
    ) -> [KernelOutline.Function] {
        let defined = outline.functions.filter { $0.isKernel && $0.body != nil }
        return signatures.compactMap { signature in
            guard signature.name.contains("<") else {
                return defined.first { !$0.isTemplate && $0.name == signature.name }
            }
            let name = String(signature.name.prefix { $0 != "<" })
            return defined.first { $0.isTemplate && !$0.isSpecialisation && $0.qualifiedName == name }
        }
    }

    /// Whether functions other than the kernel ask where the thread stands.
    private static func isAmbient(
        _ kernel: KernelOutline.Function, _ words: Set<String>, _ outline: KernelOutline
    ) -> Bool {
        if !outline.otherWords.isDisjoint(with: places) { return true }
        let others = outline.functions.filter {
            $0.name != kernel.name && ($0.isOperator || words.contains($0.name))
        }
        let used = others.flatMap { $0.body ?? [] }.lazy.filter { $0.kind == .word }.map(\.text)
        return !outline.expanded(used).isDisjoint(with: places)
    }
}
