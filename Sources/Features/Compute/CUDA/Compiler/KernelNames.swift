package enum KernelNames {
    package static func signatures(_ source: KernelSource) -> [KernelSignature] {
        var found: [KernelSignature] = []
        let parts = source.text.split(separator: "_global__", omittingEmptySubsequences: false)
        var line = 1
        for (index, part) in parts.enumerated() {
            defer { line += part.count { $0 == "\n" } }
            guard index > 0, let open = part.firstIndex(of: "("), let close = part.firstIndex(of: ")") else { continue }
            let name = part[..<open].split(separator: " ").last.map(String.init) ?? ""
            let parameters = part[part.index(after: open)..<close].split(separator: ",").map { text in
                let words = text.split(separator: " ")
                let isPointer = text.contains("*")
                let base = String((words.first { $0 != "const" } ?? "").filter { $0 != "*" })
                let element = ElementType(rawValue: base) ?? .float
                return KernelSignature.Parameter(
                    name: String(words.last ?? ""), type: isPointer ? .pointer(element) : .scalar(element),
                    isConstant: text.contains("const"))
            }
            found.append(KernelSignature(name: name, parameters: parameters, line: line))
        }
        return found
    }
}
