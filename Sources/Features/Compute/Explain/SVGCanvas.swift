/// Writes an SVG picture: shapes with classes, text, tool tips.
struct SVGCanvas {
    private var body = ""

    /// Numbers with at most one digit after the point, the same on every machine.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// Without what XML gives a meaning.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case _ where scalar.value < 32: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    mutating func box(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, round: Double = 2,
        tip: String? = nil
    ) {
        let place = "x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
        let size = "width=\"\(Self.number(width))\" height=\"\(Self.number(height))\" rx=\"\(Self.number(round))\""
        let start = "<rect class=\"\(style)\" \(place) \(size)"
        body += tip.map { "\(start)><title>\(Self.escaped($0))</title></rect>\n" } ?? "\(start)/>\n"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        body +=
            "<path class=\"\(style)\" d=\"M\(Self.number(x1)) \(Self.number(y1))L\(Self.number(x2)) \(Self.number(y2))\"/>\n"
    }

    mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "t") {
        body +=
            "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\">\(Self.escaped(text))</text>\n"
    }

    /// The whole picture.
    func document(width: Double, height: Double, title: String, style: String) -> String {
        let size = "\(Self.number(width)) \(Self.number(height))"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" width="\(Self.number(width))" \
            height="\(Self.number(height))" role="img">
            <title>\(Self.escaped(title))</title>
            <style>\(style)</style>
            <rect class="paper" width="100%" height="100%"/>
            \(body)</svg>

            """
    }
}
