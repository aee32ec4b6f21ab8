import StewardCore

/// What the log says about one request.
package struct AccessRecord: LogEntry {
    /// When the request's head was complete.
    package var time: Timestamp
    /// The id of everything this request caused.
    package var trace: TraceID
    /// Name of the zone, or empty if none was found.
    package var zone: String
    /// The route that answered, or empty if none did.
    package var route: String
    /// The request's method.
    package var method: String
    /// The request's path, without the query.
    package var path: String
    /// The query with secret values already masked, without the question mark.
    package var query: String
    /// Name of the key that was presented, or empty.
    package var caller: String
    /// The caller's address, after trusted proxies.
    package var client: String
    /// Version of HTTP: `HTTP/1.1`.
    package var httpVersion: String
    /// Status of the answer; 0 if the connection ended before there was one.
    package var status: Int
    /// Bytes of the request's body.
    package var bytesIn: Int
    /// Bytes of the answer's body.
    package var bytesOut: Int
    /// From the complete head to the answer's last byte, in microseconds.
    package var duration: Int64
    /// How much of it was waiting for a worker, in microseconds.
    package var queue: Int64
    /// Process id of the worker that ran the call.
    package var worker: Int32?
    /// The `User-Agent` header.
    package var userAgent: String?
    /// The code of the problem that was answered.
    package var error: String?

    /// A record; what is left out is empty, nil or zero.
    package init(
        time: Timestamp = .now(), trace: TraceID, zone: String = "", route: String = "", method: String,
        path: String, query: String = "", caller: String = "", client: String, httpVersion: String = "HTTP/1.1",
        status: Int, bytesIn: Int = 0, bytesOut: Int = 0, duration: Int64, queue: Int64 = 0,
        worker: Int32? = nil, userAgent: String? = nil, error: String? = nil
    ) {
        self.time = time
        self.trace = trace
        self.zone = zone
        self.route = route
        self.method = method
        self.path = path
        self.query = query
        self.caller = caller
        self.client = client
        self.httpVersion = httpVersion
        self.status = status
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.duration = duration
        self.queue = queue
        self.worker = worker
        self.userAgent = userAgent
        self.error = error
    }

    /// Fields in this order: `time`, `level` (`error` from status 500, else `info`), `event` (`request`), `trace_id`,
    /// `zone`, `route`, `method`, `path`, `query`, `caller`, `client`, `protocol`, `status`, `bytes_in`,
    /// `bytes_out`, `duration_ms`, `queue_ms`, and where known `worker`, `user_agent`, `error`.
    package func encodeJSON(into line: inout LineBuffer) {
        line.beginJSON(time: time)
        if status >= 500 {
            line.append(",\"level\":\"error\",\"event\":\"request\"")
        } else {
            line.append(",\"level\":\"info\",\"event\":\"request\"")
        }
        line.field("trace_id", trace)
        line.field("zone", zone)
        line.field("route", route)
        line.field("method", method)
        line.field("path", path)
        line.field("query", query)
        line.field("caller", caller)
        line.field("client", client)
        line.field("protocol", httpVersion)
        line.field("status", status)
        line.field("bytes_in", bytesIn)
        line.field("bytes_out", bytesOut)
        line.field("duration_ms", milliseconds: duration)
        line.field("queue_ms", milliseconds: queue)
        if let worker { line.field("worker", Int(worker)) }
        if let userAgent { line.field("user_agent", userAgent) }
        if let error { line.field("error", error) }
        line.endJSON()
    }

    /// `2026-11-02T03:04:05.678Z 200 GET /hello.py?name=Rico 1.234 ms, queue 0.010 ms, in 0 B, out 27 B zone=...`.
    package func encodeText(into line: inout LineBuffer, coloured: Bool) {
        line.append(time)
        line.append(UInt8(ascii: " "))
        line.coloured(coloured ? statusColour : nil) { $0.append(status) }
        line.append(UInt8(ascii: " "))
        line.appendText(method)
        line.append(UInt8(ascii: " "))
        line.appendText(path)
        if !query.isEmpty {
            line.append(UInt8(ascii: "?"))
            line.appendText(query)
        }
        line.append(UInt8(ascii: " "))
        line.append(milliseconds: duration)
        line.append(" ms, queue ")
        line.append(milliseconds: queue)
        line.append(" ms, in ")
        line.append(bytesIn)
        line.append(" B, out ")
        line.append(bytesOut)
        line.append(" B")
        encodeLabels(into: &line, coloured: coloured)
        line.append(UInt8(ascii: "\n"))
    }

    private func encodeLabels(into line: inout LineBuffer, coloured: Bool) {
        line.label("zone", zone)
        line.label("caller", caller)
        line.label("client", client)
        if let worker {
            line.append(" worker=")
            line.append(worker)
        }
        if let error { line.label("error", error) }
        line.coloured(coloured ? .dim : nil) {
            $0.append(" trace=")
            $0.append(trace)
        }
    }

    private var statusColour: LineBuffer.Colour {
        switch status {
        case 200..<400: .green
        case 400..<500: .yellow
        default: .red
        }
    }
}
