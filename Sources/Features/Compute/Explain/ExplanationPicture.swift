extension Explanation {
    /// The picture as SVG: self-contained, for light and dark, with thread numbers as tool tips.
    public func svg() -> String { ExplanationPicture(self).document }
}

/// Draws an explanation: cells by their writers, threads by what they did, lanes to addresses.
struct ExplanationPicture {
    let explanation: Explanation
    private(set) var canvas = SVGCanvas()
    private var y = 0.0
    static let width = 960.0
    static let margin = 32.0

    init(_ explanation: Explanation) {
        self.explanation = explanation
        head()
        legend()
        for array in explanation.arrays.prefix(4) { draw(array) }
        drawThreads()
        drawAccesses()
        drawFacts()
    }

    var document: String {
        canvas.document(
            width: Self.width, height: y + 20,
            title: "\(explanation.kernel.name): who does which cell", style: PictureStyle.sheet)
    }

    private var block: Int { explanation.shape.block.count }
    /// Whether colours tell warps, there being one block.
    private var isOneBlock: Bool { explanation.shape.grid.count == 1 }

    private func colour(_ thread: Int) -> String {
        let warp = thread % block / 32
        if isOneBlock { return "c\(warp % 8)" }
        return "c\(thread / block % 8)" + (warp % 2 == 1 ? " odd" : "")
    }

    private mutating func head() {
        let shape = explanation.shape
        canvas.text(Self.margin, 42, explanation.kernel.name, "h1")
        canvas.text(Self.margin, 64, "\(explanation.file):\(explanation.kernel.line) · \(explanation.kernel)", "code")
        canvas.text(
            Self.margin, 86,
            "\(shape.grid) \(shape.grid.count == 1 ? "block" : "blocks") of \(shape.block) threads: \(explanation.threads) "
                + "threads, \(explanation.threads - explanation.idleThreads) work, \(explanation.idleThreads) idle")
        y = 86
        let assumed = explanation.arguments.filter(\.isAssumed).map(\.description)
        if !assumed.isEmpty {
            y += 20
            canvas.text(Self.margin, y, "assumed: " + assumed.joined(separator: " · "), "dim")
        }
    }

    private mutating func legend() {
        y += 22
        var x = Self.margin
        func entry(_ style: String, _ name: String) {
            canvas.box(x, y - 10, 12, 12, style)
            canvas.text(x + 18, y, name, "small")
            x += 32 + Double(name.count) * 6.4
        }
        let groups = isOneBlock ? (block + 31) / 32 : explanation.shape.grid.count
        for group in 0..<min(groups, 4) { entry("c\(group % 8)", isOneBlock ? "warp \(group)" : "block \(group)") }
        if groups > 4 { entry("c4", "and so on") }
        entry("idle", "idle, or nobody's")
        entry("several", "several threads")
        entry("partly", "less than its neighbours")
        y += 12
    }

    private mutating func section(_ title: String, _ note: String = "") {
        y += 34
        canvas.text(Self.margin, y, title, "h2")
        if !note.isEmpty { canvas.text(Self.margin + Double(title.count) * 10 + 18, y, note, "dim") }
        y += 12
    }
}

extension ExplanationPicture {
    /// Rows of 32 cells: all of a short array, else the first, some of the middle and the last.
    private func rows(_ count: Int) -> [Range<Int>] {
        let all = (count + 31) / 32
        if all <= 40 { return [0..<all] }
        return [0..<14, all / 2 - 4..<all / 2 + 4, all - 14..<all]
    }

    private mutating func draw(_ array: Explanation.ArrayPicture) {
        let shown = array.writers.count < array.cells ? ", the first \(array.writers.count)" : ""
        section(
            "Who writes \(array.name)",
            "\(array.cells) cells of \(array.element.rawValue)\(shown); 32 a row; the number is the thread's in its block"
        )
        let parts = rows(array.writers.count)
        let pitch = 26.0
        for (number, part) in parts.enumerated() {
            if number > 0 {
                canvas.text(
                    Self.margin + 60, y + 12, "… \(part.lowerBound - parts[number - 1].upperBound) rows …", "dim")
                y += 20
            }
            for row in part {
                canvas.text(Self.margin + 48, y + 12, "\(row * 32)", "axis")
                for cell in row * 32..<min(array.writers.count, row * 32 + 32) {
                    drawCell(array, cell, Self.margin + 60 + Double(cell % 32) * pitch, y, pitch - 2)
                }
                y += 18
            }
        }
    }

    private mutating func drawCell(
        _ array: Explanation.ArrayPicture, _ cell: Int, _ x: Double, _ y: Double, _ width: Double
    ) {
        switch array.writers[cell] {
        case .nobody: canvas.box(x, y, width, 16, "idle", tip: "\(array.name)[\(cell)]: nobody")
        case .several: canvas.box(x, y, width, 16, "several", tip: "\(array.name)[\(cell)]: several threads")
        case .thread(let thread):
            canvas.box(
                x, y, width, 16, colour(thread),
                tip:
                    "\(array.name)[\(cell)]: block \(thread / block), thread \(thread % block), warp \(thread % block / 32)"
            )
            canvas.text(x + width / 2, y + 11.5, "\(thread % block)", "in")
        }
    }

    private mutating func drawThreads() {
        let blocks = explanation.sampledBlocks
        let note =
            blocks.count < explanation.shape.grid.count
            ? "blocks \(blocks.map(String.init).joined(separator: ", ")) of \(explanation.shape.grid.count)" : ""
        section(
            "Threads",
            ([note] + ["a row is a warp of 32 lanes, ≠ one whose lanes part"]).filter { !$0.isEmpty }.joined(
                separator: "; "))
        let lane = 6.0
        let perRow = 4
        for start in stride(from: 0, to: blocks.count, by: perRow) {
            var height = 0.0
            for (place, number) in blocks[start..<min(blocks.count, start + perRow)].enumerated() {
                let x = Self.margin + Double(place) * 228
                canvas.text(x, y + 12, "block \(number)", "small")
                let warps = explanation.warps.filter { $0.block == number }
                for (row, warp) in warps.enumerated() { drawWarp(warp, x, y + 20 + Double(row) * 9, lane) }
                height = max(height, 28 + Double(warps.count) * 9)
            }
            y += height
        }
    }

    private mutating func drawWarp(_ warp: Explanation.WarpPicture, _ x: Double, _ y: Double, _ width: Double) {
        for (lane, state) in warp.lanes.enumerated() {
            let thread = warp.warp * 32 + lane
            let style = state == .idle ? "idle" : state == .partly ? "partly" : colour(warp.block * block + thread)
            let word = state == .idle ? "idle" : state == .partly ? "does less than its neighbours" : "works"
            canvas.box(
                x + Double(lane) * width, y, width - 1, 7, style, round: 1,
                tip: "block \(warp.block), thread \(thread) (warp \(warp.warp), lane \(lane)): \(word)")
        }
        if !warp.divergentLines.isEmpty { canvas.text(x + 32 * width + 3, y + 7, "≠", "small") }
    }

    private mutating func drawFacts() {
        section("What this means")
        y += 4
        for fact in explanation.facts {
            var line = ""
            for word in fact.split(separator: " ") {
                if line.count + word.count > 128 {
                    y += 18
                    canvas.text(Self.margin, y, line)
                    line = "   "
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            y += 18
            canvas.text(Self.margin, y, line)
        }
    }
}

extension ExplanationPicture {
    private mutating func drawAccesses() {
        guard !explanation.accesses.isEmpty else { return }
        section(
            "Memory",
            "lanes of one warp (above) to the addresses that they touch (below); 32-byte sectors, 128-byte lines")
        let shown = explanation.accesses.prefix(12)
        for access in shown {
            let strip = LaneStrip(access)
            strip.draw(on: &canvas, x: Self.margin, y: y + 14, width: Self.width - 2 * Self.margin)
            y += LaneStrip.height
        }
        let rest = explanation.accesses.count - shown.count
        if rest > 0 {
            y += 16
            canvas.text(Self.margin, y, "and \(rest) more instructions", "dim")
        }
    }
}
