/// Reads the text of each argument of one kernel.
struct ArgumentReader {
    let parser: LaunchArgumentParser
    let kernel: KernelSignature
    private var defaultLength: Int?

    init(parser: LaunchArgumentParser, kernel: KernelSignature) {
        self.parser = parser
        self.kernel = kernel
        defaultLength = parser.n
    }

    /// Names that mean "how many cells".
    private static let sizeNames: Set<String> = [
        "n", "size", "count", "length", "len", "num", "total", "elements", "numelements", "num_elements", "nelements",
    ]

    private func isSize(_ parameter: KernelSignature.Parameter) -> Bool {
        guard case .scalar(let element) = parameter.type, element.isInteger, element.size >= 4 else { return false }
        return Self.sizeNames.contains(parameter.name.lowercased())
    }

    /// Without `--n`, a size that was given (`n=1000`) is the length of buffers that have none.
    mutating func findDefaultLength(_ given: [String?]) throws(ComputeError) {
        guard defaultLength == nil else { return }
        for (parameter, text) in zip(kernel.parameters, given) where isSize(parameter) {
            if let text, let value = Int(text), value >= 0 { defaultLength = value }
        }
    }

    func argument(
        _ parameter: KernelSignature.Parameter, at index: Int, text: String?
    ) throws(ComputeError) -> LaunchArgument {
        let name = parameter.name.isEmpty ? "arg\(index + 1)" : parameter.name
        guard let text else { return try assumed(parameter, name: name, at: index) }
        switch parameter.type {
        case .scalar(let element):
            return LaunchArgument(name: name, content: .scalar(try number(text, element, index), element))
        case .pointer(let element):
            return LaunchArgument(name: name, content: .buffer(try cells(text, element, index)))
        case .other(let type, _) where type.hasSuffix("*"):
            return LaunchArgument(name: name, content: .buffer(try cells(text, nil, index)))
        case .other(let type, _) where type == "bool" || type == "_Bool":
            let word = ["true": "1", "false": "0"][text] ?? text
            return LaunchArgument(name: name, content: .scalar(try number(word, .uint8, index), .uint8))
        case .other(let type, _):
            throw refusal(index, "is '\(text)'", "a \(type) can't be written as text; take pointers and numbers")
        }
    }

    private func assumed(
        _ parameter: KernelSignature.Parameter, name: String, at index: Int
    ) throws(ComputeError) -> LaunchArgument {
        if isSize(parameter), let defaultLength, case .scalar(let element) = parameter.type {
            let value = try number("\(defaultLength)", element, index)
            return LaunchArgument(name: name, content: .scalar(value, element), isAssumed: true)
        }
        guard parser.missing == .assumed else {
            throw refusal(index, "is not given", "\(example(parameter.type, name: name))")
        }
        switch parameter.type {
        case .scalar(let element) where !element.isInteger:
            return LaunchArgument(name: name, content: .scalar(.integer(2), element), isAssumed: true)
        case .pointer(let element):
            guard let count = defaultLength else {
                throw refusal(
                    index, "is not given, and no length for it", "give --n, or \(name)=\(element.shortName)[1000]")
            }
            let pattern = parameter.isConstant ? LaunchArgument.Pattern.iota : .zeros
            let cells = LaunchArgument.Cells(element, count: count, pattern: pattern)
            try check(cells, index)
            return LaunchArgument(name: name, content: .buffer(cells), isAssumed: true)
        default:
            throw refusal(index, "is not given", "\(example(parameter.type, name: name))")
        }
    }

    private func example(_ type: ParameterType, name: String) -> String {
        switch type {
        case .scalar: "give \(name)=NUMBER"
        case .pointer(let element): "give \(name)=\(element.shortName)[CELLS]:iota, or --n for buffers and sizes"
        case .other(let type, _) where type.hasSuffix("*"): "give \(name)=float[CELLS]"
        case .other(let type, _): "a \(type) can't be written as text; take pointers and numbers"
        }
    }

    func number(_ text: String, _ element: ElementType, _ index: Int) throws(ComputeError) -> LaunchArgument.Number {
        guard let number = LaunchArgument.Number(text) else {
            throw refusal(index, "is '\(text)'", "it takes a number: 2, -1.5, 1e-3, 0xFF")
        }
        guard number.bits(as: element) != nil else {
            throw refusal(index, "is '\(text)'", "\(element.rawValue) takes whole numbers from \(element.rangeText)")
        }
        return number
    }

    /// "Argument 2 (x) of saxpy(...) is ...: ..."
    func refusal(_ index: Int, _ what: String, _ wayOut: String) -> ComputeError {
        let name = kernel.parameters[index].name
        let place = "Argument \(index + 1)\(name.isEmpty ? "" : " (\(name))") of \(kernel)"
        return ComputeError(.arguments, "\(place) \(what): \(wayOut).")
    }
}

extension ArgumentReader {
    /// `[type]['[' count ']'][:]pattern`, or a file.
    private func cells(
        _ text: String, _ expected: ElementType?, _ index: Int
    ) throws(ComputeError) -> LaunchArgument.Cells {
        var rest = Substring(text)
        var element = expected
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        let after = rest[word.endIndex...]
        if let named = ElementType(named: String(word)), after.isEmpty || "[:@".contains(after.first!) {
            guard expected == nil || expected == named else {
                throw refusal(index, "is '\(text)'", "it points to \(expected!.rawValue), not \(named.rawValue)")
            }
            element = named
            rest = after
        }
        guard let element else {
            throw refusal(index, "is '\(text)'", "say the type of a cell: float[1000]:iota")
        }
        let count = try length(&rest, text, index)
        if rest.first == ":" { rest.removeFirst() }
        let cells = try contents(String(rest), element, count, text, index)
        try check(cells, index)
        return cells
    }

    private func length(_ rest: inout Substring, _ text: String, _ index: Int) throws(ComputeError) -> Int? {
        guard rest.first == "[" else { return nil }
        guard let end = rest.firstIndex(of: "]"), let count = Int(rest[rest.index(after: rest.startIndex)..<end]),
            count >= 0
        else { throw refusal(index, "is '\(text)'", "the length in brackets is a number of cells: float[1000]") }
        rest = rest[rest.index(after: end)...]
        return count
    }

    private func contents(
        _ text: String, _ element: ElementType, _ count: Int?, _ whole: String, _ index: Int
    ) throws(ComputeError) -> LaunchArgument.Cells {
        if text.first == "@" { return try file(String(text.dropFirst()), element, count, index) }
        let pattern = try pattern(text, element, whole, index)
        var length = count ?? defaultLength
        if case .values(let numbers) = pattern {
            guard count == nil || count == numbers.count else {
                throw refusal(
                    index, "has \(numbers.count) values for \(count!) cells", "give one a cell, or one for all")
            }
            length = numbers.count
        }
        guard let length else {
            throw refusal(index, "is '\(whole)', without a length", "write \(element.shortName)[1000], or give --n")
        }
        let isWritten = !kernel.parameters[index].isConstant && (pattern == .zeros || pattern == .uninitialised)
        return LaunchArgument.Cells(
            element, count: length, pattern: pattern, isOutput: isWritten && count != nil)
    }

    private func pattern(
        _ text: String, _ element: ElementType, _ whole: String, _ index: Int
    ) throws(ComputeError) -> LaunchArgument.Pattern {
        switch text {
        case "", "zeros", "zero", "out", "output": return .zeros
        case "uninitialised", "uninitialized", "uninit": return .uninitialised
        case "iota": return .iota
        case "ones": return .constant(.integer(1))
        case "random": return .random(seed: 1)
        default: break
        }
        if let seed = Self.seed(text) { return .random(seed: seed) }
        var numbers: [LaunchArgument.Number] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard LaunchArgument.Number(String(word)) != nil else {
                throw refusal(
                    index, "is '\(whole)'",
                    "contents are zeros, ones, iota, random(SEED), uninitialised, numbers (1,2,3), or @FILE")
            }
            numbers.append(try number(String(word), element, index))
        }
        return numbers.count == 1 ? .constant(numbers[0]) : .values(numbers)
    }

    /// `random(7)` or `random:7`.
    private static func seed(_ text: String) -> UInt64? {
        if text.hasPrefix("random("), text.hasSuffix(")") { return UInt64(text.dropFirst(7).dropLast()) }
        return text.hasPrefix("random:") ? UInt64(text.dropFirst(7)) : nil
    }

    private func file(
        _ path: String, _ element: ElementType, _ count: Int?, _ index: Int
    ) throws(ComputeError) -> LaunchArgument.Cells {
        guard parser.allowsFiles else {
            throw refusal(
                index, "is '@\(path)'", "files can't be given here; send the numbers, or iota or random(SEED)")
        }
        let contents = try LaunchArgumentFile(path: path).contents()
        guard contents.element == nil || contents.element == element else {
            throw refusal(
                index, "is '@\(path)' with cells of type \(contents.element!.rawValue)",
                "the parameter points to \(element.rawValue): convert the file with numpy's astype")
        }
        let length = count ?? contents.byteCount / element.size
        guard length <= contents.byteCount / element.size else {
            throw refusal(
                index, "is '@\(path)' with \(contents.byteCount / element.size) cells",
                "\(length) are asked for: give a longer file or a shorter length")
        }
        return LaunchArgument.Cells(element, count: length, pattern: .file(path: path, offset: contents.offset))
    }

    private func check(_ cells: LaunchArgument.Cells, _ index: Int) throws(ComputeError) {
        let (bytes, overflow) = cells.count.multipliedReportingOverflow(by: cells.element.size)
        guard !overflow, bytes <= parser.memoryLimit else {
            throw refusal(
                index, "has \(cells.count) cells of \(cells.element.size) bytes",
                "all buffers together may have \(parser.memoryLimit) bytes: ask for fewer")
        }
    }
}

extension LaunchArgument.Number {
    /// Decimal or `0x`, whole or with fraction and exponent; `inf` and `nan`; C's suffixes `f`, `u` and `l` are fine.
    public init?(_ text: String) {
        let body = text.lowercased()
        if let whole = Int64(body) {
            self = .integer(whole)
        } else if let whole = UInt64(body) {
            self = .unsigned(whole)
        } else if body.hasPrefix("0x"), let whole = UInt64(body.dropFirst(2), radix: 16) {
            self = Int64(exactly: whole).map(Self.integer) ?? .unsigned(whole)
        } else if ["inf", "-inf", "+inf", "nan"].contains(body) {
            self = .real(Double(body)!)
        } else if body.first.map({ "+-.0123456789".contains($0) }) ?? false, !body.contains("0x"), !body.contains("n"),
            let real = Double(body.hasSuffix("f") ? String(body.dropLast()) : body), real.isFinite
        {
            self = .real(real)
        } else if let last = body.last, "ul".contains(last), let inner = Self(String(body.dropLast())), !inner.isReal {
            self = inner
        } else {
            return nil
        }
    }

    private var isReal: Bool { if case .real = self { true } else { false } }
}
