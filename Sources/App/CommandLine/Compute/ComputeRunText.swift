import StewardAPI

/// What came of a run, for people.
enum ComputeRunText {
    /// The lines.
    static func lines(_ result: ComputeRunResult) -> [String] {
        let threads = result.grid.x * result.grid.y * result.grid.z * result.block.x * result.block.y * result.block.z
        var lines = [
            "\(result.kernel) on \(result.device) (\(result.deviceName))",
            "  grid \(result.grid), block \(result.block): \(grouped(threads)) threads",
            "  compiled in \(time(result.compileSeconds))",
            "  ran in \(time(result.medianSeconds))\(spread(result.seconds))\(rate(result))",
        ]
        for output in result.outputs {
            let more = output.cells.count < output.count ? " ..." : ""
            let place = output.file.map { " in \($0)" } ?? ""
            let cells = output.cells.isEmpty ? "" : ": \(output.cells.joined(separator: " "))\(more)"
            lines.append("  \(output.name) = \(output.type)[\(output.count)]\(place)\(cells)")
        }
        guard !result.printed.isEmpty else { return lines }
        lines.append("  printed:")
        lines += result.printed.split(separator: "\n", omittingEmptySubsequences: false).map {
            TextTable.printable(String($0))
        }
        if lines.last == "" { lines.removeLast() }
        if result.isPrintedCut { lines.append("  ... and more, which is not kept") }
        return lines
    }

    private static func spread(_ seconds: [Double]) -> String {
        guard seconds.count > 1, let least = seconds.min(), let most = seconds.max() else { return "" }
        return " (median of \(seconds.count), \(time(least)) to \(time(most)))"
    }

    private static func rate(_ result: ComputeRunResult) -> String {
        guard let rate = result.gigabytesPerSecond, result.bytes >= 1 << 16 else { return "" }
        return ", \(digits(rate)) GB/s over \(size(result.bytes)) of buffers, each counted once"
    }

    /// `1,048,576`.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// `312 µs`, `4.1 ms`, `2.50 s`.
    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<1e-3: "\(digits(seconds * 1e6)) µs"
        case ..<1: "\(digits(seconds * 1e3)) ms"
        case ..<120: "\(digits(seconds)) s"
        default: "\(digits(seconds / 60)) min"
        }
    }

    /// `12.6 MB`.
    static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<1_000_000: "\(digits(Double(bytes) / 1e3)) kB"
        case ..<1_000_000_000: "\(digits(Double(bytes) / 1e6)) MB"
        default: "\(digits(Double(bytes) / 1e9)) GB"
        }
    }

    /// Three digits that count: `0.123`, `1.23`, `12.3`, `123`, `1234`.
    static func digits(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let places = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : abs(value) >= 1 ? 2 : 3
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = Int((abs(value) * scale).rounded())
        let fraction = places == 0 ? "" : "." + String(String(rounded % Int(scale) + Int(scale)).dropFirst())
        return (value < 0 ? "-" : "") + "\(rounded / Int(scale))" + fraction
    }
}
