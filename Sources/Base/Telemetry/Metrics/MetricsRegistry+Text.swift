/// Prometheus' text exposition format, version 0.0.4.
extension MetricsRegistry {
    /// The `Content-Type` of what `render` gives.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All families sorted by name, their series sorted by label values.
    package func render() -> String {
        var text = LineBuffer(capacity: 32 * 1024)
        let families = sortedFamilies
        for family in families { text.append(family) }
        let overflow = families.filter { $0.overflowed > 0 }
        if !overflow.isEmpty {
            text.append(Self.overflow)
            for family in overflow {
                text.appendSample(
                    Self.overflow, values: [family.description.name], number: .whole(family.overflowed))
            }
        }
        return text.text
    }

    private static let overflow = MetricDescription(
        name: "steward_metrics_series_refused_total",
        help: "Label values beyond the bound on series, counted under _other.", kind: .counter, labels: ["metric"])
}

/// A sample's value.
private enum SampleNumber {
    case whole(UInt64)
    case signed(Int)
    case real(Double)
    /// A whole number of parts, `scale` of them to one.
    case scaled(Int, scale: Int)
}

extension LineBuffer {
    fileprivate mutating func append(_ family: MetricsRegistry.Family) {
        let description = family.description
        append(description)
        switch family {
        case .counters(let family):
            for (values, counter) in family.series {
                appendSample(description, values: values, number: .whole(counter.value))
            }
        case .gauges(let family):
            for (values, gauge) in family.series {
                appendSample(description, values: values, number: .signed(gauge.value))
            }
        case .histograms(let family, _):
            for (values, histogram) in family.series { append(histogram, of: description, values: values) }
        case .observed(_, let read):
            var seen: Set<[String]> = []
            for (values, number) in read().sorted(by: { $0.0.lexicographicallyPrecedes($1.0) })
            where values.count == description.labels.count && seen.insert(values).inserted {
                appendSample(description, values: values, number: .real(number))
            }
        }
    }

    fileprivate mutating func append(_ description: MetricDescription) {
        append("# HELP ")
        append(verbatim: description.name)
        append(UInt8(ascii: " "))
        appendEscaped(description.help, quotes: false)
        append("\n# TYPE ")
        append(verbatim: description.name)
        append(UInt8(ascii: " "))
        append(verbatim: description.kind.rawValue)
        append(UInt8(ascii: "\n"))
    }

    /// `_bucket` series are cumulative, and `+Inf` equals `_count`: both come from the same reading.
    private mutating func append(_ histogram: Histogram, of description: MetricDescription, values: [String]) {
        let (counts, sum) = histogram.snapshot
        let scale = histogram.buckets.scale
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bounds = histogram.buckets.bounds
            let bound = index < bounds.count ? Self.scaled(bounds[index], by: scale) : "+Inf"
            appendSample(description, suffix: "_bucket", values: values, bound: bound, number: .whole(total))
        }
        appendSample(description, suffix: "_sum", values: values, number: .scaled(sum, scale: scale))
        appendSample(description, suffix: "_count", values: values, number: .whole(total))
    }

    fileprivate mutating func appendSample(
        _ description: MetricDescription, suffix: StaticString = "", values: [String], bound: String? = nil,
        number: SampleNumber
    ) {
        append(verbatim: description.name)
        append(suffix)
        if !values.isEmpty || bound != nil {
            append(UInt8(ascii: "{"))
            for (index, (label, value)) in zip(description.labels, values).enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                appendLabel(label, value)
            }
            if let bound {
                if !values.isEmpty { append(UInt8(ascii: ",")) }
                appendLabel("le", bound)
            }
            append(UInt8(ascii: "}"))
        }
        append(UInt8(ascii: " "))
        appendNumber(number)
        append(UInt8(ascii: "\n"))
    }

    private mutating func appendLabel(_ name: String, _ value: String) {
        append(verbatim: name)
        append("=\"")
        appendEscaped(value, quotes: true)
        append(UInt8(ascii: "\""))
    }

    private mutating func appendNumber(_ number: SampleNumber) {
        switch number {
        case .whole(let value): appendDigits(value)
        case .signed(let value): append(value)
        case .scaled(let value, let scale): append(verbatim: Self.scaled(value, by: scale))
        case .real(let value):
            if value.isNaN {
                append("NaN")
            } else if value.isInfinite {
                append(value < 0 ? "-Inf" : "+Inf")
            } else if let whole = Int(exactly: value) {
                append(whole)
            } else {
                append(verbatim: value.description)
            }
        }
    }

    private static func scaled(_ value: Int, by scale: Int) -> String {
        value % scale == 0 ? "\(value / scale)" : "\(Double(value) / Double(scale))"
    }

    /// Backslash and line feed are escaped, in label values the double quote too.
    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: append(byte)
            }
        }
    }
}
