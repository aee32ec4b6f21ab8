/// Bars of a bench: one group a case, one bar a place, each group to its own scale.
public struct BenchChart: Sendable {
    /// What is drawn.
    public var report: ComputeBenchReport

    /// The chart of a report.
    public init(_ report: ComputeBenchReport) { self.report = report }

    /// A bar's part of the group's longest: the longest is the largest figure, a rate or a time.
    private func share(_ rate: MeasuredRate) -> Double {
        let most = report.rates.filter { $0.name == rate.name }.map(\.median).max() ?? 0
        return most > 0 ? rate.median / most : 0
    }

    private func text(_ rate: MeasuredRate) -> String { "\(BenchChart.number(rate.median)) \(rate.unit)" }

    /// Three digits that count: `231`, `40.4`, `0.18`.
    public static func number(_ value: Double) -> String {
        func fixed(_ value: Double, _ digits: Int) -> String {
            var (whole, scale) = ("", 1.0)
            for _ in 0..<digits { scale *= 10 }
            let scaled = Int((value * scale).rounded())
            guard digits > 0 else { return "\(scaled)" }
            whole = "\(scaled / Int(scale))"
            let rest = "\(scaled % Int(scale))"
            return whole + "." + String(repeating: "0", count: digits - rest.count) + rest
        }
        guard value.isFinite, value >= 0, value < 1e15 else { return "\(value)" }
        return fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 4)
    }
}

extension BenchChart {
    /// Lines for a terminal of `width` columns: the case, then a bar for each place. Places without a figure say so.
    public func lines(width: Int = 80) -> [String] {
        let indent = 2
        let label = (report.places.map(\.count).max() ?? 0) + indent + 1
        let figures = (report.rates.map { text($0).count }.max() ?? 0) + 1
        let room = max(8, width - label - figures)
        var lines: [String] = []
        for name in report.cases {
            lines.append(name)
            for place in report.places {
                let start = String(repeating: " ", count: indent) + place
                let padded = start + String(repeating: " ", count: label - start.count)
                guard let rate = report.rate(name, in: place) else {
                    lines.append(padded + "not run")
                    continue
                }
                lines.append(padded + Self.bar(share(rate), room) + " " + text(rate))
            }
        }
        return lines
    }

    /// Blocks in eighths of a column.
    private static func bar(_ share: Double, _ columns: Int) -> String {
        let eighths = max(1, Int((share * Double(columns * 8)).rounded()))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }
}

extension BenchChart {
    private static let colours = ["#8da0cb", "#66a61e", "#d95f02", "#7570b3", "#e7298a"]

    /// A picture for a page: one group a case, a bar a place, the figure beside each.
    public func svg() -> String {
        let (barHeight, gap, left, room, right) = (18, 14, 190, 420, 150)
        var (y, body) = (34, "")
        for name in report.cases {
            body += Self.label(name, x: left - 10, y: y + 13, anchor: "end")
            for (index, place) in report.places.enumerated() {
                if let rate = report.rate(name, in: place) {
                    let width = max(1, Int((share(rate) * Double(room)).rounded()))
                    body += """
                        <rect x="\(left)" y="\(y)" width="\(width)" height="\(barHeight - 3)" \
                        fill="\(Self.colours[index % Self.colours.count])"/>

                        """
                    body += Self.label(text(rate), x: left + width + 6, y: y + 12, anchor: "start")
                } else {
                    body += Self.label("not run", x: left + 6, y: y + 12, anchor: "start")
                }
                y += barHeight
            }
            y += gap
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(left + room + right)" height="\(y)" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            \(legend(x: left))\(body)</svg>

            """
    }

    private func legend(x start: Int) -> String {
        var (x, text) = (start, "")
        for (index, place) in report.places.enumerated() {
            text += """
                <rect x="\(x)" y="10" width="12" height="12" fill="\(Self.colours[index % Self.colours.count])"/>

                """
            text += Self.label(place, x: x + 17, y: 20, anchor: "start")
            x += 40 + 8 * place.count
        }
        return text
    }

    private static func label(_ text: String, x: Int, y: Int, anchor: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            default: escaped.append(character)
            }
        }
        return "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" fill=\"#222\">\(escaped)</text>\n"
    }
}
