import StewardCompute

/// Every CUDA C source that Steward ships: files, and the text in Swift sources between three quotation marks.
enum ProductKernels {
    static var all: [KernelSource] { files + literals }

    private static func paths(_ patterns: [String]) -> [String] {
        patterns.flatMap { CUDALibraryPaths.glob("\(Tool.root)/\($0)") }
    }

    private static var files: [KernelSource] {
        paths(["Examples/compute/*.cu", "Benchmarks/compute/*.cu", "Sources/*/*/*/*.cu", "Sources/*/*/*/*/*.cu"])
            .compactMap { path in
                Tool.text(of: path).map { KernelSource($0, file: String(path.dropFirst(Tool.root.count + 1))) }
            }
    }

    private static var literals: [KernelSource] {
        paths((2...6).map { "Sources/" + String(repeating: "*/", count: $0) + "*.swift" }).flatMap { path in
            guard let text = Tool.text(of: path), text.contains("__global__") else { return [KernelSource]() }
            let file = String(path.dropFirst(Tool.root.count + 1))
            return literals(text).map { KernelSource($0.text, file: "\(file):\($0.line)") }
                .filter { KernelOutline($0.text).functions.contains { $0.isKernel && $0.body != nil } }
        }
    }

    /// The texts between three quotation marks, each with the line that it begins on.
    static func literals(_ swift: String) -> [(text: String, line: Int)] {
        var found: [(text: String, line: Int)] = []
        var open: (lines: [Substring], line: Int)?
        for (index, line) in swift.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let bare = line.drop { $0 == " " }
            if let begun = open {
                if bare.hasPrefix("\"\"\"") {
                    let indentation = line.count - bare.count
                    let text = begun.lines.map { $0.dropFirst(min(indentation, $0.count)) }.joined(separator: "\n")
                    found.append((text, begun.line))
                    open = nil
                } else {
                    open!.lines.append(line)
                }
            } else if bare.hasSuffix("\"\"\"") {
                open = ([], index + 2)
            }
        }
        return found
    }
}
