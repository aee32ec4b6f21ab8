package import NIOCore
package import StewardCore

/// A problem as RFC 9457 writes it: `application/problem+json`.
package enum ProblemDocument {
    /// Header block of the document, with what the problem needs beside it.
    package static func headers(_ extra: [(String, String)] = []) -> ByteBuffer {
        var block = ByteBuffer(string: "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n")
        for (name, value) in extra { block.writeString("\(name): \(value)\r\n") }
        return block
    }

    /// A header block of just these lines.
    package static func headerBlock(_ lines: [(String, String)]) -> ByteBuffer {
        var block = ByteBuffer()
        for (name, value) in lines { block.writeString("\(name): \(value)\r\n") }
        return block
    }

    /// The JSON, with the trace id that finds it in the log.
    package static func body(_ problem: Problem, trace: TraceID, extra: [(String, String)] = []) -> ByteBuffer {
        var text = "{\"type\":\"about:blank\",\"title\":"
        quote(problem.title, into: &text)
        text += ",\"status\":\(problem.status),\"code\":"
        quote(problem.code, into: &text)
        if let detail = problem.detail {
            text += ",\"detail\":"
            quote(detail, into: &text)
        }
        for (name, value) in extra {
            text += ","
            quote(name, into: &text)
            text += ":"
            quote(value, into: &text)
        }
        text += ",\"trace_id\":\"\(trace)\"}\n"
        return ByteBuffer(string: text)
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
