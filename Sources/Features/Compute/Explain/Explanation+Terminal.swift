extension Explanation {
    /// A picture for a terminal of so many columns (40 at least), in blocks and digits without colours.
    public func terminalText(columns: Int = 80) -> String {
        TerminalPicture(self, columns: max(40, columns)).lines.joined(separator: "\n") + "\n"
    }
}

/// Draws an explanation with characters.
struct TerminalPicture {
    private let explanation: Explanation
    private let columns: Int
    private(set) var lines: [String] = []

    init(_ explanation: Explanation, columns: Int) {
        self.explanation = explanation
        self.columns = columns
        head()
        for array in explanation.arrays { draw(array) }
        drawWarps()
        drawAccesses()
        lines += [""] + explanation.facts.flatMap { wrapped($0) }
    }

    private mutating func head() {
        let shape = explanation.shape
        lines += wrapped("\(explanation.file):\(explanation.kernel.line)  \(explanation.kernel)", indent: 2)
        lines.append(
            "\(shape.grid) \(shape.grid.count == 1 ? "block" : "blocks") of \(shape.block) threads: \(explanation.threads) threads, "
                + "\(explanation.threads - explanation.idleThreads) work, \(explanation.idleThreads) idle")
        let assumed = explanation.arguments.filter(\.isAssumed).map(\.description)
        if !assumed.isEmpty { lines += wrapped("assumed: " + assumed.joined(separator: "  "), indent: 2) }
    }

    /// Names of blocks: 0 to 9, a to z, then again.
    private static func sign(_ block: Int) -> Character {
        Array("0123456789abcdefghijklmnopqrstuvwxyz")[block % 36]
    }

    private mutating func draw(_ array: Explanation.ArrayPicture) {
        let width = (columns - 10) / 8 * 8
        let rows = 8
        let perSign = max(1, (array.writers.count + width * rows - 1) / (width * rows))
        let shown = array.writers.count < array.cells ? ", the first \(array.writers.count)" : ""
        let scale = perSign > 1 ? ", + more than one; \(perSign) cells a sign" : ""
        lines.append("")
        lines += wrapped(
            "Who writes \(array.name) (\(array.cells) cells\(shown)): the \(groupName)'s number, · nobody, "
                + "* several threads\(scale)")
        let signs = stride(from: 0, to: array.writers.count, by: perSign).map {
            sign(array.writers[$0..<min(array.writers.count, $0 + perSign)])
        }
        for start in stride(from: 0, to: signs.count, by: width) {
            lines.append(right("\(start * perSign)", 8) + "  " + String(signs[start..<min(signs.count, start + width)]))
        }
    }

    /// Threads that share a sign: a block, or a warp where there is only one block.
    private var group: Int { explanation.shape.grid.count == 1 ? 32 : explanation.shape.block.count }
    private var groupName: String { explanation.shape.grid.count == 1 ? "warp" : "block" }

    private func sign(_ writers: ArraySlice<Explanation.ArrayPicture.Writer>) -> Character {
        var blocks: Set<Int> = []
        for writer in writers {
            switch writer {
            case .nobody: break
            case .several: return "*"
            case .thread(let thread): blocks.insert(thread / group)
            }
        }
        return blocks.count > 1 ? "+" : blocks.first.map(Self.sign) ?? "·"
    }

    private mutating func drawWarps() {
        lines += [""] + wrapped("Warps, lane by lane: █ works, ▒ does less than its neighbours, · idle")
        var index = 0
        let warps = explanation.warps
        while index < warps.count {
            var end = index + 1
            while end < warps.count, warps[end].block == warps[index].block, warps[end].lanes == warps[index].lanes,
                warps[end].divergentLines == warps[index].divergentLines
            {
                end += 1
            }
            lines.append(row(warps[index], last: warps[end - 1].warp))
            index = end
        }
    }

    private func row(_ warp: Explanation.WarpPicture, last: Int) -> String {
        let name = warp.warp == last ? "warp \(warp.warp)" : "warps \(warp.warp)-\(last)"
        let signs = warp.lanes.map { $0 == .works ? "█" : $0 == .partly ? "▒" : "·" }.joined()
        let place =
            columns < 56
            ? left("\(warp.block):\(warp.warp)", 8)
            : left("block \(warp.block)", max(10, 8 + "\(explanation.shape.grid.count)".count)) + left(name, 12)
        let split = warp.divergentLines
        let note =
            split.isEmpty
            ? ""
            : "  diverges at line \(split.prefix(3).map(String.init).joined(separator: ", "))"
                + (split.count > 3 ? ", ..." : "")
        return String((place + signs + note).prefix(columns))
    }

    private mutating func drawAccesses() {
        guard !explanation.accesses.isEmpty else { return }
        lines += [""] + wrapped("Memory, by instruction: what was moved, and the least that would do")
        for access in explanation.accesses {
            let name = left("\(access.place.line)", 5) + left("\(access.kind)", 7) + left(access.array, 10)
            let cost =
                access.space == .shared
                ? "\(access.rounds)/\(access.leastRounds) rounds" : "\(access.sectors)/\(access.leastSectors) sectors"
            let text =
                name + left(cost, 19) + bar(access.efficiency) + right(ExplanationFacts.percent(access.efficiency), 8)
            let pattern = "\(access.pattern)"
            let isLong = text.count + 2 + pattern.count > columns
            lines.append(isLong ? text : text + "  " + pattern)
            if isLong { lines.append(String(repeating: " ", count: 5) + pattern) }
            if let strip = strip(access) { lines.append(strip) }
        }
    }

    /// Ten signs, in eighths.
    private func bar(_ part: Double) -> String {
        let eighths = Int((min(1, max(0, part)) * 80).rounded())
        let rest = eighths % 8 == 0 ? "" : String(Array(" ▏▎▍▌▋▊▉")[eighths % 8])
        let full = String(repeating: "█", count: eighths / 8) + rest
        return full + String(repeating: "░", count: 10 - full.count)
    }

    /// Which sectors the example's warp touches, for accesses that touch too many.
    private func strip(_ access: Explanation.AccessPicture) -> String? {
        guard access.space == .global, access.efficiency < 0.999 else { return nil }
        let offsets = access.example.compactMap { $0 }
        guard let first = offsets.min(), let last = offsets.max() else { return nil }
        let touched = Set(offsets.flatMap { Array($0 / 32...($0 + access.bytes - 1) / 32) })
        let from = first / 128 * 4
        let to = (last + access.bytes - 1) / 32
        let room = columns - 14
        let signs = (from...min(to, from + room - 1)).map { touched.contains($0) ? "■" : "□" }.joined()
        return "     sectors " + signs + (to - from >= room ? "…" : "")
    }

    private func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(text.count < width ? 0 : 1, width - text.count))
    }

    private func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private func wrapped(_ text: String, indent: Int = 0) -> [String] {
        var result: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + word.count > columns {
                result.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += line.isEmpty ? String(word) : " " + word
            }
        }
        return result + [line]
    }
}
