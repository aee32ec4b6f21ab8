extension LossCurve {
    /// A picture: the losses by step, the validation's as dots on a line of its own.
    public func svg(width: Int = 720, height: Int = 360, title: String = "Loss by step") -> String {
        let points = smoothed(width / 2)
        let judged = validation.filter(\.loss.isFinite)
        let all = points + judged
        let frame = Frame(
            width: Double(width), height: Double(height), last: Double(max(1, all.map(\.step).max() ?? 1)),
            low: all.map(\.loss).min() ?? 0, high: all.map(\.loss).max() ?? 1)
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" "
                + "font-family=\"sans-serif\" font-size=\"12\">",
            "<title>\(Self.escaped(title))</title>",
            "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\"/>",
            "<text x=\"\(width / 2)\" y=\"18\" text-anchor=\"middle\">\(Self.escaped(title))</text>",
        ]
        parts += frame.grid()
        parts.append(frame.line(points, colour: "#1f6feb", width: 1.5))
        if !judged.isEmpty {
            parts.append(frame.line(judged, colour: "#c2410c", width: 1))
            for point in judged {
                parts.append(
                    "<circle cx=\"\(Frame.short(frame.x(point.step)))\" cy=\"\(Frame.short(frame.y(point.loss)))\" r=\"3\" "
                        + "fill=\"#c2410c\"/>")
            }
        }
        parts += [
            "<text x=\"\(width - 130)\" y=\"40\" fill=\"#1f6feb\">training</text>",
            "<text x=\"\(width - 70)\" y=\"40\" fill=\"#c2410c\">validation</text>", "</svg>",
        ]
        return parts.joined(separator: "\n") + "\n"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }

    /// Where a step and a loss lie on the picture.
    private struct Frame {
        let width: Double
        let height: Double
        let last: Double
        let low: Double
        let high: Double

        func x(_ step: Int) -> Double { 60 + (width - 80) * Double(step) / last }
        func y(_ loss: Double) -> Double {
            30 + (height - 70) * (high > low ? (high - loss) / (high - low) : 0.5)
        }

        /// Lines with numbers, and the axes' names.
        func grid() -> [String] {
            var parts: [String] = []
            for quarter in 0...4 {
                let loss = low + (high - low) * Double(quarter) / 4
                let y = Self.short(y(loss))
                parts.append(
                    "<line x1=\"60\" y1=\"\(y)\" x2=\"\(Self.short(width - 20))\" y2=\"\(y)\" stroke=\"#d0d7de\"/>")
                parts.append("<text x=\"54\" y=\"\(y)\" text-anchor=\"end\">\(LossCurve.number(loss))</text>")
                let step = Int(last) * quarter / 4
                parts.append(
                    "<text x=\"\(Self.short(x(step)))\" y=\"\(Self.short(height - 22))\" text-anchor=\"middle\">\(step)</text>"
                )
            }
            parts.append(
                "<text x=\"\(Self.short(width / 2))\" y=\"\(Self.short(height - 6))\" text-anchor=\"middle\">step</text>"
            )
            return parts
        }

        func line(_ points: [Point], colour: String, width: Double) -> String {
            let places = points.map { "\(Self.short(x($0.step))),\(Self.short(y($0.loss)))" }.joined(separator: " ")
            return "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(width)\"/>"
        }

        static func short(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    }
}
