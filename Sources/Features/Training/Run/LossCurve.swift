/// The losses of a training by step.
public struct LossCurve: Hashable, Sendable, Codable {
    /// One loss.
    public struct Point: Hashable, Sendable, Codable {
        /// From 1.
        public var step: Int
        /// The loss before the step.
        public var loss: Double

        /// The loss of a step, from 1.
        public init(step: Int, loss: Double) {
            self.step = step
            self.loss = loss
        }
    }

    /// Of each step; of long trainings the means of stretches of steps.
    public private(set) var training: [Point] = []
    /// Of each validation.
    public private(set) var validation: [Point] = []

    /// A curve without points.
    public init() {}

    /// Steps a point.
    private var stretch = 1
    private var sum = 0.0
    private var count = 0

    /// Points that are kept; with more, each two become their mean.
    static let most = 1 << 17

    /// Adds the loss of a step.
    public mutating func add(step: Int, loss: Double) {
        (sum, count) = (sum + loss, count + 1)
        guard count == stretch else { return }
        training.append(Point(step: step, loss: sum / Double(count)))
        (sum, count) = (0, 0)
        guard training.count == Self.most else { return }
        training = (0..<Self.most / 2).map {
            Point(step: training[2 * $0 + 1].step, loss: (training[2 * $0].loss + training[2 * $0 + 1].loss) / 2)
        }
        stretch *= 2
    }

    /// Adds the loss of a validation.
    public mutating func add(step: Int, validation loss: Double) { validation.append(Point(step: step, loss: loss)) }

    /// The training's losses as means of `count` stretches at most; what isn't finite is left out.
    public func smoothed(_ count: Int) -> [Point] {
        let points = training.filter(\.loss.isFinite)
        guard points.count > count, count > 0 else { return points }
        return (0..<count).map { part in
            let stretch = points[part * points.count / count..<(part + 1) * points.count / count]
            return Point(step: stretch.last!.step, loss: stretch.reduce(0) { $0 + $1.loss } / Double(stretch.count))
        }
    }

    /// One line of eight heights.
    public func sparkline(_ width: Int = 40) -> String {
        let points = smoothed(width)
        guard let low = points.map(\.loss).min(), let high = points.map(\.loss).max() else { return "" }
        let marks = Array("▁▂▃▄▅▆▇█")
        return String(points.map { marks[high > low ? Int(($0.loss - low) / (high - low) * 7 + 0.5) : 0] })
    }

    /// A plot of lines of text with axes: `*` for training, `o` for validation.
    public func plot(width: Int = 64, height: Int = 12) -> String {
        let points = smoothed(width)
        let judged = validation.filter(\.loss.isFinite)
        let all = points + judged
        guard let low = all.map(\.loss).min(), let high = all.map(\.loss).max(), let last = all.map(\.step).max() else {
            return ""
        }
        let first = all.map(\.step).min() ?? 0
        var rows = [[Character]](repeating: [Character](repeating: " ", count: width), count: height)
        for (mark, points) in [("*", points), ("o", judged)] as [(Character, [Point])] {
            for point in points {
                let x = last > first ? (point.step - first) * (width - 1) / (last - first) : 0
                let y = high > low ? Int((high - point.loss) / (high - low) * Double(height - 1) + 0.5) : height - 1
                rows[y][x] = mark
            }
        }
        let labels = [Self.number(high)] + [String](repeating: "", count: height - 2) + [Self.number(low)]
        let margin = labels.map(\.count).max() ?? 0
        let lines = zip(labels, rows).map { label, row in
            String(repeating: " ", count: margin - label.count) + label + " |" + String(row)
        }
        let steps = "\(first)" + String(repeating: " ", count: max(1, width - "\(first)\(last)".count)) + "\(last)"
        let axis = String(repeating: " ", count: margin + 1) + "+" + String(repeating: "-", count: width)
        return (lines + [axis, String(repeating: " ", count: margin + 2) + steps]).joined(separator: "\n") + "\n"
    }

    /// With three decimals.
    static func number(_ value: Double) -> String {
        guard abs(value) < 1e9 else { return "\(value)" }
        let thousandths = Int((abs(value) * 1000).rounded())
        let rest = "\(thousandths % 1000)"
        return (value < 0 ? "-" : "") + "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
