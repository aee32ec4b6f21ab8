/// One instruction of one warp: its lanes above, what they touch below, and lines between.
struct LaneStrip {
    static let height = 118.0

    private let access: Explanation.AccessPicture
    private let offsets: [(lane: Int, offset: Int)]

    init(_ access: Explanation.AccessPicture) {
        self.access = access
        offsets = access.example.enumerated().compactMap { lane, offset in offset.map { (lane, $0) } }
    }

    func draw(on canvas: inout SVGCanvas, x: Double, y: Double, width: Double) {
        let cost =
            access.space == .shared
            ? "\(access.rounds) rounds, \(access.leastRounds) would do"
            : "\(access.sectors) sectors, \(access.leastSectors) would do"
        canvas.text(x, y + 10, "line \(access.place.line): \(access.kind) \(access.array)", "strong")
        canvas.text(x + 230, y + 10, "\(access.pattern) (\(access.exampleWarp))", "small")
        canvas.box(x + width - 330, y + 1, 100, 9, "idle")
        canvas.box(
            x + width - 330, y + 1, max(1, 100 * access.efficiency), 9, access.efficiency > 0.999 ? "good" : "bad")
        canvas.text(x + width - 220, y + 10, "\(ExplanationFacts.percent(access.efficiency)) · \(cost)", "small")
        let lane = width / 32
        for number in 0..<32 {
            let isActive = access.example.indices.contains(number) && access.example[number] != nil
            canvas.box(
                x + Double(number) * lane, y + 20, lane - 2, 12, isActive ? "lane" : "idle", tip: "lane \(number)")
            canvas.text(x + (Double(number) + 0.5) * lane - 1, y + 29.5, "\(number)", isActive ? "in" : "axis2")
        }
        if access.space == .shared {
            drawBanks(on: &canvas, x, y + 72, width)
        } else {
            drawLines(on: &canvas, x, y + 72, width)
        }
    }

    /// The touched 128-byte lines, each with its four sectors.
    private func drawLines(on canvas: inout SVGCanvas, _ x: Double, _ y: Double, _ width: Double) {
        let bytes = offsets.map { $0.offset..<$0.offset + access.bytes }
        let touched = Set(bytes.flatMap { Array($0.lowerBound / 32...($0.upperBound - 1) / 32) })
        let lines = Set(touched.map { $0 / 4 }).sorted().prefix(32)
        guard !lines.isEmpty else { return }
        let gap = 6.0
        let lineWidth = (width - gap * Double(lines.count - 1)) / Double(lines.count)
        var starts: [Int: Double] = [:]
        for (number, line) in lines.enumerated() {
            let start = x + Double(number) * (lineWidth + gap)
            starts[line] = start
            for sector in 0..<4 {
                canvas.box(
                    start + Double(sector) * lineWidth / 4, y, lineWidth / 4 - 1, 12,
                    touched.contains(line * 4 + sector) ? "sector" : "idle", round: 1,
                    tip: "\(access.array), bytes \(line * 128 + sector * 32) to \(line * 128 + sector * 32 + 31)")
            }
            if lineWidth > 26 { canvas.text(start, y + 22, "\(line * 128 / max(1, access.bytes))", "axis3") }
        }
        for (lane, offset) in offsets {
            guard let start = starts[offset / 128] else { continue }
            let place = (Double(offset % 128) + Double(access.bytes) / 2) / 128
            canvas.line(x + (Double(lane) + 0.5) * width / 32 - 1, y - 40, start + place * lineWidth, y, "link")
        }
    }

    private func drawBanks(on canvas: inout SVGCanvas, _ x: Double, _ y: Double, _ width: Double) {
        let bank = width / 32
        var words: [Int: Set<Int>] = [:]
        for (_, offset) in offsets { words[offset / 4 % 32, default: []].insert(offset / 4) }
        for number in 0..<32 {
            let count = words[number]?.count ?? 0
            canvas.box(
                x + Double(number) * bank, y, bank - 2, 12, count == 0 ? "idle" : count == 1 ? "sector" : "bad",
                tip: "bank \(number): \(count) words")
            if count > 1 { canvas.text(x + (Double(number) + 0.5) * bank - 1, y + 9.5, "×\(count)", "in") }
        }
        canvas.text(x, y + 22, "banks 0 to 31 (4 bytes each); ×2 and more queue", "axis3")
        for (lane, offset) in offsets {
            canvas.line(
                x + (Double(lane) + 0.5) * bank - 1, y - 40, x + (Double(offset / 4 % 32) + 0.5) * bank - 1, y, "link")
        }
    }
}

/// Colours and letters of the picture, for light paper and dark.
enum PictureStyle {
    private static let light = ["#3b82c4", "#e08a1e", "#3a9d5d", "#a55cc0", "#c94f4f", "#2a9d9d", "#8a7a2e", "#d26aa0"]
    private static let dark = ["#6aa9e0", "#f0a94a", "#62c184", "#c58adb", "#e57f7f", "#58c4c4", "#bfae5c", "#ec96c0"]

    private static func fills(_ colours: [String]) -> String {
        colours.enumerated().map { ".c\($0.offset){fill:\($0.element)}" }.joined()
    }

    static let sheet = """
        text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
        .paper{fill:#fff}.h1{font-size:26px;font-weight:700}.h2{font-size:16px;font-weight:700}.strong{font-weight:600}
        .code{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
        .dim{fill:#636c76;font-size:12px}.small{font-size:12px}
        .axis{fill:#636c76;font-size:10px;text-anchor:end}.axis2{fill:#636c76;font-size:9px;text-anchor:middle}
        .axis3{fill:#636c76;font-size:10px}.in{fill:#fff;font-size:9px;text-anchor:middle;pointer-events:none}
        .idle{fill:none;stroke:#b6bec8;stroke-dasharray:2 1.5}.several{fill:#4a4f57;stroke:#e0b000;stroke-width:1}
        .partly{fill:#9aa4b0;stroke:#1f2328;stroke-width:.6}.odd{fill-opacity:.84}
        .lane{fill:#57606a}.sector{fill:#3b82c4}.link{stroke:#57606a;stroke-opacity:.55;fill:none}
        .good{fill:#3a9d5d}.bad{fill:#c94f4f}\(fills(light))
        @media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.dim,.axis,.axis2,.axis3{fill:#9198a1}
        .in{fill:#0d1117}.idle{stroke:#4a525c}.several{fill:#d0d7de}.partly{fill:#6e7681;stroke:#e6edf3}
        .lane{fill:#9198a1}.sector{fill:#6aa9e0}.link{stroke:#9198a1}.good{fill:#62c184}.bad{fill:#e57f7f}\(fills(dark))}
        """
}
