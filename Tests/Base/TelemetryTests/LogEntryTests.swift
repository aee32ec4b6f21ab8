import Logging
import StewardTelemetry
import Testing

@Suite("Log entries")
struct LogEntryTests {
    @Test("A request's JSON has its fields in a fixed order")
    func accessJSON() {
        #expect(
            json(aRecord) == """
                {"time":"2026-11-02T03:04:05.678Z","level":"info","event":"request",\
                "trace_id":"0af7651916cd43dd8448eb211c80319c","zone":"api","route":"/api/report_json.py",\
                "method":"POST","path":"/api/report_json.py","query":"month=2026-11&token=***","caller":"reporting",\
                "client":"192.0.2.7","protocol":"HTTP/1.1","status":200,"bytes_in":19,"bytes_out":10240,\
                "duration_ms":1.234,"queue_ms":0.056,"worker":4711}\n
                """)
    }

    @Test("What is not known is left out, and a failed request has level error")
    func accessJSONOptional() {
        var record = aRecord
        record.worker = nil
        record.userAgent = "curl/8 \"x\""
        record.error = "script-error"
        record.status = 500
        let fields = object(json(record))
        #expect(fields?["worker"] == nil)
        #expect(fields?["user_agent"] as? String == "curl/8 \"x\"")
        #expect(fields?["error"] as? String == "script-error")
        #expect(fields?["level"] as? String == "error")
    }

    @Test("The readable form says the same on one line")
    func accessText() {
        #expect(
            text(aRecord) == """
                2026-11-02T03:04:05.678Z 200 POST /api/report_json.py?month=2026-11&token=*** 1.234 ms, queue 0.056 ms, \
                in 19 B, out 10240 B zone=api caller=reporting client=192.0.2.7 worker=4711 \
                trace=0af7651916cd43dd8448eb211c80319c\n
                """)
    }

    @Test("Colours only add escape sequences, and only when asked for")
    func colours() {
        let plain = text(aRecord)
        let coloured = text(aRecord, coloured: true)
        #expect(!plain.contains("\u{1b}"))
        #expect(coloured.contains("\u{1b}[32m200\u{1b}[0m"))
        #expect(coloured.replacing(#/\u{1b}\[[0-9]*m/#, with: "") == plain)
    }

    @Test("A caller can neither forge a line nor move the cursor of a terminal")
    func injection() {
        var record = aRecord
        record.path = "/x\n2026 200 GET /forged\u{1b}[2J\u{7f}\u{9b}1m\tä"
        let line = text(record)
        #expect(line.contains(#"/x\n2026 200 GET /forged\x1b[2J\x7f\x9b1m\tä"#))
        #expect(line.dropLast().utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
    }

    @Test("A script's line carries stream, level, route and trace id")
    func scriptJSON() {
        let line = ScriptLine(
            time: aMoment, trace: aTrace, zone: "/", route: "/hello.py", source: .warning, message: "low \"disk\"",
            worker: 12)
        #expect(
            json(line) == """
                {"time":"2026-11-02T03:04:05.678Z","level":"warning","event":"script",\
                "trace_id":"0af7651916cd43dd8448eb211c80319c","zone":"/","route":"/hello.py","stream":"logging",\
                "worker":12,"message":"low \\"disk\\""}\n
                """)
        #expect(
            text(line)
                == "2026-11-02T03:04:05.678Z warning /hello.py: low \"disk\" (worker=12 trace=\(aTrace))\n")
    }

    @Test("Further lines of a message are indented, so that none looks like an entry")
    func paragraphs() {
        let line = ScriptLine(
            time: aMoment, trace: nil, zone: "/", route: "", source: .stderr, message: "Traceback:\n  x\u{1b}\nEnd\n",
            worker: 1)
        #expect(
            text(line) == "2026-11-02T03:04:05.678Z stderr -: Traceback:\n      x\\x1b\n    End (worker=1)\n")
        #expect(json(line).filter { $0 == "\n" }.count == 1)
        #expect(object(json(line))?["trace_id"] == nil)
    }

    @Test(
        "Flags of a LOG frame name stream and level",
        arguments: [
            (0, "info", "stdout"), (1, "info", "stderr"), (10, "debug", "logging"), (40, "error", "logging"),
            (50, "critical", "logging"), (99, "info", "stdout"),
        ])
    func sources(flags: UInt8, level: String, stream: String) {
        let line = ScriptLine(
            trace: nil, zone: "", route: "", source: .init(flags: flags), message: "", worker: 1)
        #expect(object(json(line))?["level"] as? String == level)
        #expect(object(json(line))?["stream"] as? String == stream)
    }

    @Test("A logger's metadata become typed fields, trace id first")
    func loggerJSON() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let sink = LogSink([.file(path)])
            var logger = Logger(label: "steward.workers") { StewardLogHandler(label: $0, sink: sink) }
            logger[metadataKey: "zone"] = "api"
            logger[metadataKey: "trace_id"] = "\(aTrace)"
            logger.debug("not shown")
            logger.warning(
                "A worker \"died\".",
                metadata: [
                    "event": "worker-died", "pid": .stringConvertible(4711), "ok": .stringConvertible(false),
                    "load": .stringConvertible(0.5), "time": "later", "list": ["a", .dictionary(["b": "c"])],
                ])
            #expect(sink.close())
            let line = try #require(lines(path).first)
            #expect(lines(path).count == 1)
            #expect(
                line.hasSuffix(
                    """
                    ,"level":"warning","event":"worker-died","logger":"steward.workers","message":"A worker \\"died\\".",\
                    "trace_id":"0af7651916cd43dd8448eb211c80319c","list":["a",{"b":"c"}],"load":0.5,"ok":false,"pid":4711,\
                    "metadata.time":"later","zone":"api"}
                    """), "\(line)")
            #expect(object(line) != nil)
        }
    }

    @Test("The readable form of a logger's event names level, logger and fields")
    func loggerText() {
        let event = EventLine(
            time: aMoment, level: .notice, logger: "steward", message: "ready",
            fields: [("port", .integer(8080)), ("name", .string("a\nb"))])
        #expect(text(event) == "2026-11-02T03:04:05.678Z notice steward: ready (port=8080 name=a\\nb)\n")
    }
}
