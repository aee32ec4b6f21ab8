/// A strict reader of Prometheus' text format 0.0.4, written from its specification
/// (prometheus.io/docs/instrumenting/exposition_formats): it refuses whatever the text does not allow.
struct ExpositionFormat {
    struct Violation: Error, CustomStringConvertible {
        var line: Int
        var description: String
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Family {
        var type = "untyped"
        var help: String?
        var samples: [Sample] = []
    }

    private(set) var families: [String: Family] = [:]
    private(set) var order: [String] = []
    private var current = ""
    private var seen: Set<String> = []

    /// Reads `text`; throws at its first violation.
    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else {
            throw Violation(line: 0, description: "no line feed at the end")
        }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated() {
            do {
                try read(String(line))
            } catch let problem as Refusal {
                throw Violation(line: index + 1, description: "\(problem.text): \(line)")
            }
        }
        for (name, family) in families where family.type == "histogram" {
            do {
                try Self.check(histogram: name, family)
            } catch let problem as Refusal {
                throw Violation(line: 0, description: "\(name): \(problem.text)")
            }
        }
    }

    /// The value of the one sample with this name and these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        families.values.lazy.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
    }

    private mutating func read(_ line: String) throws {
        if line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ") {
            let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 4, Self.isName(parts[2]) else { throw Refusal("malformed comment") }
            try enter(parts[2])
            if parts[1] == "HELP" {
                guard families[current]!.help == nil else { throw Refusal("second HELP") }
                families[current]!.help = try Self.unescape(parts[3][...], quote: false)
            } else {
                guard families[current]!.type == "untyped", families[current]!.samples.isEmpty else {
                    throw Refusal("late TYPE")
                }
                guard ["counter", "gauge", "histogram", "summary"].contains(parts[3]) else {
                    throw Refusal("unknown type")
                }
                families[current]!.type = parts[3]
            }
        } else if !line.hasPrefix("#"), !line.isEmpty {
            let sample = try Self.sample(line)
            guard Self.names(current, type: families[current]?.type ?? "").contains(sample.name) else {
                throw Refusal("a sample outside of its family")
            }
            let key = "\(sample.name)\(sample.labels.sorted { $0.key < $1.key })"
            guard seen.insert(key).inserted else { throw Refusal("the same series twice") }
            families[current]!.samples.append(sample)
        }
    }

    private mutating func enter(_ name: String) throws {
        if name == current { return }
        guard families[name] == nil else { throw Refusal("the lines of a family must stand together") }
        families[name] = Family()
        order.append(name)
        current = name
    }

    private static func names(_ family: String, type: String) -> [String] {
        type == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
    }

    private static func isName(_ name: String) -> Bool {
        name.wholeMatch(of: #/[a-zA-Z_:][a-zA-Z0-9_:]*/#) != nil
    }

    private static func sample(_ line: String) throws -> Sample {
        let pattern = #/([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)/#
        guard let match = line.wholeMatch(of: pattern) else { throw Refusal("malformed sample") }
        let labels = try match.2.map { try self.labels($0) } ?? [:]
        return Sample(name: String(match.1), labels: labels, value: try number(match.3))
    }

    private static func number(_ text: Substring) throws -> Double {
        switch text {
        case "+Inf": return .infinity
        case "-Inf": return -.infinity
        case "NaN": return .nan
        default:
            guard text.wholeMatch(of: #/[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/#) != nil, let value = Double(text)
            else {
                throw Refusal("malformed number")
            }
            return value
        }
    }

    private static func labels(_ text: Substring) throws -> [String: String] {
        var rest = text
        var labels: [String: String] = [:]
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: #/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|$)/#) else {
                throw Refusal("malformed labels")
            }
            guard labels.updateValue(try unescape(match.2, quote: true), forKey: String(match.1)) == nil else {
                throw Refusal("a label twice")
            }
            rest = rest[match.range.upperBound...]
        }
        return labels
    }

    private static func unescape(_ text: Substring, quote: Bool) throws -> String {
        var result = ""
        var iterator = text.makeIterator()
        while let character = iterator.next() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            switch iterator.next() {
            case "n": result.append("\n")
            case "\\": result.append("\\")
            case "\"" where quote: result.append("\"")
            default: throw Refusal("unknown escape")
            }
        }
        return result
    }

    /// Buckets rise in bound and count, there is one for +Inf, and it equals `_count`; `_sum` is there.
    private static func check(histogram name: String, _ family: Family) throws {
        let groups = Dictionary(grouping: family.samples) { $0.labels.filter { $0.key != "le" } }
        for (labels, samples) in groups {
            let buckets = try samples.filter { $0.name == name + "_bucket" }.map { sample in
                guard let bound = sample.labels["le"] else { throw Refusal("a bucket without le") }
                return (try number(bound[...]), sample.value)
            }
            guard zip(buckets, buckets.dropFirst()).allSatisfy({ $0.0 < $1.0 && $0.1 <= $1.1 }) else {
                throw Refusal("buckets that don't rise \(labels)")
            }
            let count = samples.filter { $0.name == name + "_count" && $0.labels["le"] == nil }
            guard buckets.last?.0 == .infinity, count.count == 1, count[0].value == buckets.last?.1 else {
                throw Refusal("+Inf and _count differ \(labels)")
            }
            guard samples.filter({ $0.name == name + "_sum" }).count == 1 else { throw Refusal("no _sum \(labels)") }
        }
    }
}

private struct Refusal: Error {
    var text: String

    init(_ text: String) { self.text = text }
}
