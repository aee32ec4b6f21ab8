/// Replaces words of the user's source. After each replacement a `#line` and spaces bring the compiler back to the
/// line and column where the source goes on, so that its diagnostics name places in the source.
struct KernelEdits {
    private let bytes: [UInt8]
    private let file: String
    private var changes: [(range: Range<Int>, replacement: String)] = []

    init(_ source: KernelSource) {
        bytes = Array(source.text.utf8)
        file = source.file
    }

    /// The words of a C string.
    static func quoted(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ")
    }

    /// What turns CUDA C into the shim's C++.
    mutating func rewrite(_ outline: KernelOutline) {
        for function in outline.functions {
            guard function.isKernel else {
                makeStatic(function)
                continue
            }
            addPlace(function)
            let guards = KernelGuards(function, outline)
            for condition in guards.conditions { addGate(condition) }
            if let stride = guards.stride { addSteps(stride) }
        }
        for directive in outline.directives { dropInclude(directive) }
        // The table of kernels instantiates them.
        for instantiation in outline.instantiations { changes.append((instantiation.range, "")) }
        rewriteShared(outline)
    }

    /// Kernels get the place of their thread as parameters, which shadow the words of the same names.
    private mutating func addPlace(_ function: KernelOutline.Function) {
        let texts = function.parameters.map(\.text)
        let isEmpty = texts.isEmpty || texts == ["void"]
        let place =
            "const steward_gate steward_guard, const uint3 threadIdx, const uint3 blockIdx, const dim3 blockDim, const dim3 gridDim"
        let start = function.openingParenthesis.range.upperBound
        let end = texts == ["void"] ? function.parameters.first!.range.upperBound : start
        changes.append((start..<end, isEmpty ? place : place + ","))
    }

    private mutating func addSteps(_ stride: KernelStride) {
        let type = "decltype(\(stride.name))"
        changes.append((stride.loop..<stride.loop, "bool steward_first = true;"))
        var (start, end) = (stride.first.lowerBound, stride.first.upperBound)
        changes.append((start..<start, "("))
        changes.append((end..<end, ") + (\(type))steward_guard.step * (\(type))(\(stride.step))"))
        (start, end) = (stride.condition.lowerBound, stride.condition.upperBound)
        changes.append((start..<start, "steward_guard.again("))
        changes.append((end..<end, ", steward_first)"))
    }

    private mutating func addGate(_ condition: KernelGuards.Condition) {
        changes.append(
            (condition.range.lowerBound..<condition.range.lowerBound, "steward_guard.\(condition.kind.rawValue)("))
        changes.append((condition.range.upperBound..<condition.range.upperBound, ")"))
    }

    /// A device function is the object's own, so that the compiler may inline it for good.
    private mutating func makeStatic(_ function: KernelOutline.Function) {
        let words = function.specifiers.map(\.text)
        guard let device = function.specifiers.first(where: { $0.text == "__device__" }) else { return }
        guard !words.contains("static"), !words.contains("extern"), !words.contains("friend") else { return }
        guard words.last != "::" else { return }
        changes.append((device.range, "static"))
    }

    /// Those whose words the shim has, and those of host code.
    private static let ownHeaders: Set<String> = [
        "math.h", "cmath", "stdio.h", "cstdio", "stdlib.h", "cstdlib", "assert.h", "cassert", "stdint.h", "cstdint",
        "stddef.h", "cstddef", "float.h", "cfloat", "limits.h", "climits", "string.h", "cstring",
        "iostream", "fstream", "sstream", "iomanip", "string", "algorithm", "functional", "numeric", "vector", "map",
        "set",
        "unordered_map", "random", "chrono", "memory", "thread", "exception", "stdexcept",
        "device_launch_parameters.h", "device_functions.h", "math_constants.h", "vector_types.h", "math_functions.h",
        "vector_functions.h", "sm_20_intrinsics.h", "sm_30_intrinsics.h", "sm_35_intrinsics.h",
        "device_atomic_functions.h", "driver_types.h", "host_defines.h", "builtin_types.h", "helper_cuda.h",
    ]

    /// Headers whose words the shim has.
    private mutating func dropInclude(_ directive: KernelToken) {
        let words = directive.text.dropFirst().drop { $0 == " " || $0 == "\t" }
        guard words.hasPrefix("include") || words.hasPrefix("pragma once") else { return }
        let name = words.dropFirst(7).trimmingPrefix { $0 == " " || $0 == "\t" }
        let header = String(name.dropFirst().prefix { $0 != ">" && $0 != "\"" })
        guard words.hasPrefix("pragma") || Self.ownHeaders.contains(header) || header.hasPrefix("cuda") else { return }
        changes.append((directive.range, ""))
    }

    /// `extern __shared__ T name[];` becomes a pointer to the block's dynamic shared memory.
    private mutating func rewriteShared(_ outline: KernelOutline) {
        let tokens = outline.tokens
        let bodies = outline.functions.compactMap { $0.body?.indices }
        for (index, token) in tokens.enumerated() where token.text == "__shared__" {
            var start = index
            while start > 0, [.word, .literal].contains(tokens[start - 1].kind) { start -= 1 }
            let end = tokens[index...].firstIndex { $0.text == ";" } ?? tokens.endIndex
            let words = tokens[start..<end]
            guard end < tokens.endIndex else { continue }
            if words.contains(where: { $0.text == "extern" }) {
                guard let change = Self.dynamic(words, inFunction: bodies.contains { $0.contains(index) }) else {
                    continue
                }
                changes.append((words.first!.range.lowerBound..<tokens[end].range.lowerBound, change))
            } else if let word = words.first(where: { $0.text == "static" }) {
                changes.append((word.range, ""))
            }
        }
    }

    private static func dynamic(_ words: ArraySlice<KernelToken>, inFunction: Bool) -> String? {
        guard let bracket = words.firstIndex(where: { $0.text == "[" }), bracket > words.startIndex else { return nil }
        let name = words[bracket - 1].text
        var type: [String] = []
        var index = words.startIndex
        while index < bracket - 1 {
            let text = words[index].text
            if ["__align__", "__attribute__", "alignas"].contains(text) {
                let close = words[index...].firstIndex { $0.text == ")" } ?? bracket
                index = words[close...].prefix { $0.text == ")" }.endIndex
                continue
            }
            if !["extern", "__shared__"].contains(text) { type.append(text) }
            index += 1
        }
        let element = type.joined(separator: " ")
        guard let closing = words[bracket...].firstIndex(where: { $0.text == "]" }) else { return nil }
        let inner = words[(closing + 1)...].map(\.text).joined()
        if inFunction {
            return inner.isEmpty
                ? "\(element) *\(name) = (\(element) *)steward_program.shared()"
                : "\(element) (*\(name))\(inner) = (\(element) (*)\(inner))steward_program.shared()"
        }
        return inner.isEmpty ? "static const steward_dynamic<\(element)> \(name){}" : nil
    }

    /// The rewritten source.
    var text: String {
        var result: [UInt8] = []
        var position = 0
        var line = 1
        for change in changes.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard change.range.lowerBound >= position else { continue }
            line += bytes[position..<change.range.upperBound].count { $0 == UInt8(ascii: "\n") }
            result += bytes[position..<change.range.lowerBound]
            result += Array(change.replacement.utf8)
            position = change.range.upperBound
            if position < bytes.count { result += Array(resumption(at: position, line: line).utf8) }
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    private func resumption(at position: Int, line: Int) -> String {
        let lineStart = bytes[..<position].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let indent = bytes[lineStart..<position].map { $0 == UInt8(ascii: "\t") ? "\t" : " " }.joined()
        return "\n#line \(line) \"\(Self.quoted(file))\"\n\(indent)"
    }
}
