import Foundation
import StewardTelemetry
import Testing

@Suite("Metrics")
struct MetricsTests {
    /// A registry with every kind of metric and with label values that need escaping.
    private func sample() -> MetricsRegistry {
        let registry = MetricsRegistry()
        let requests = registry.counters(
            "steward_requests_total", help: "Requests\nby \\ \"zone\".", labels: ["zone", "status"])
        requests.with("b", "200").increment()
        requests.with("a\"\\\n{},= ü", "500").increment(by: 41)
        requests.with("a\"\\\n{},= ü", "500").increment()
        registry.gauge("steward_in_flight", help: "Requests being answered.").set(-3)
        let durations = registry.histograms(
            "steward_request_duration_seconds", help: "Duration.", labels: ["zone"])
        for value in [0, 500, 501, 59_999_999, 60_000_000, 60_000_001] { durations.with("/").observe(value) }
        registry.observe(gauges: "steward_workers", help: "Workers by state.", labels: ["state"]) {
            [(["idle"], 2), (["busy"], 0.5), (["odd"], .nan), (["many"], .infinity)]
        }
        registry.observe(gauge: "steward_absent", help: "Nothing to read.") { nil }
        return registry
    }

    @Test("Families and series are rendered sorted, escaped and typed, the same each time")
    func rendering() {
        let registry = sample()
        let text = registry.render()
        #expect(text == registry.render())
        #expect(
            text == """
                # HELP steward_absent Nothing to read.
                # TYPE steward_absent gauge
                # HELP steward_in_flight Requests being answered.
                # TYPE steward_in_flight gauge
                steward_in_flight -3
                # HELP steward_request_duration_seconds Duration.
                # TYPE steward_request_duration_seconds histogram
                steward_request_duration_seconds_bucket{zone="/",le="0.0005"} 2
                steward_request_duration_seconds_bucket{zone="/",le="0.001"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.0025"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.005"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.01"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.025"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.05"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.1"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.25"} 3
                steward_request_duration_seconds_bucket{zone="/",le="0.5"} 3
                steward_request_duration_seconds_bucket{zone="/",le="1"} 3
                steward_request_duration_seconds_bucket{zone="/",le="2.5"} 3
                steward_request_duration_seconds_bucket{zone="/",le="5"} 3
                steward_request_duration_seconds_bucket{zone="/",le="10"} 3
                steward_request_duration_seconds_bucket{zone="/",le="30"} 3
                steward_request_duration_seconds_bucket{zone="/",le="60"} 5
                steward_request_duration_seconds_bucket{zone="/",le="+Inf"} 6
                steward_request_duration_seconds_sum{zone="/"} 180.001001
                steward_request_duration_seconds_count{zone="/"} 6
                # HELP steward_requests_total Requests\\nby \\\\ "zone".
                # TYPE steward_requests_total counter
                steward_requests_total{zone="a\\"\\\\\\n{},= ü",status="500"} 42
                steward_requests_total{zone="b",status="200"} 1
                # HELP steward_workers Workers by state.
                # TYPE steward_workers gauge
                steward_workers{state="busy"} 0.5
                steward_workers{state="idle"} 2
                steward_workers{state="many"} +Inf
                steward_workers{state="odd"} NaN

                """)
    }

    @Test("The text keeps to the specification of the format")
    func strict() throws {
        let read = try ExpositionFormat(sample().render())
        #expect(read.value("steward_requests_total", ["zone": "a\"\\\n{},= ü", "status": "500"]) == 42)
        #expect(read.families["steward_requests_total"]?.help == "Requests\nby \\ \"zone\".")
        #expect(read.order == read.order.sorted())
    }

    @Test("Prometheus' own Python client reads the same values")
    func pythonClient() throws {
        let script = """
            import json, sys
            from prometheus_client.parser import text_string_to_metric_families
            families = text_string_to_metric_families(sys.stdin.read())
            print(json.dumps([[s.name, s.labels, str(float(s.value))] for f in families for s in f.samples]))
            """
        let registry = sample()
        registry.observeProcess()
        let text = registry.render()
        guard let output = try runPython(script, input: text) else {
            print("not run: python3 with the module prometheus_client is not here (pip install prometheus_client)")
            return
        }
        let samples = try #require(JSONSerialization.jsonObject(with: output) as? [[Any]])
        let read = try ExpositionFormat(text)
        #expect(samples.count == read.families.values.reduce(0) { $0 + $1.samples.count })
        for sample in samples {
            let name = try #require(sample[0] as? String)
            let labels = try #require(sample[1] as? [String: String])
            let value = try #require((sample[2] as? String).flatMap { Double($0) })
            let own = try #require(read.value(name, labels), "\(name) \(labels)")
            #expect(own == value || own.isNaN && value.isNaN)
        }
    }

    /// What `script` prints; nil if there is no Python with Prometheus' client.
    private func runPython(_ script: String, input: String) throws -> Data? {
        func python(_ script: String, input: String) throws -> (Int32, Data) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script]
            let (stdin, stdout) = (Pipe(), Pipe())
            process.standardInput = stdin
            process.standardOutput = stdout
            process.standardError = FileHandle.nullDevice
            try process.run()
            stdin.fileHandleForWriting.write(Data(input.utf8))
            try stdin.fileHandleForWriting.close()
            let output = stdout.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, output)
        }
        guard try python("import prometheus_client.parser", input: "").0 == 0 else { return nil }
        let (status, output) = try python(script, input: input)
        #expect(status == 0, "the client's parser refused the text")
        return output
    }

    @Test("The same labels give the same instrument, and asking for a family twice the same family")
    func handles() {
        let registry = MetricsRegistry()
        let first = registry.counters("a_total", help: "A.", labels: ["x"])
        #expect(first === registry.counters("a_total", help: "A.", labels: ["x"]))
        #expect(first.with("1") === first.with(["1"]))
        #expect(first.with("1") !== first.with("2"))
    }

    @Test("Label values beyond the bound share one series, and that is said")
    func cardinality() throws {
        let registry = MetricsRegistry(seriesLimit: 3)
        let family = registry.counters("a_total", help: "A.", labels: ["x", "y"])
        for value in 0..<10 { family.with("\(value)", "y").increment() }
        family.with("1", "y").increment()
        let read = try ExpositionFormat(registry.render())
        #expect(read.families["a_total"]?.samples.count == 4)
        #expect(read.value("a_total", ["x": "_other", "y": "_other"]) == 7)
        #expect(read.value("a_total", ["x": "1", "y": "y"]) == 2)
        #expect(read.value("steward_metrics_series_refused_total", ["metric": "a_total"]) == 7)
    }

    @Test("A removed series is no longer rendered and makes room")
    func removal() throws {
        let registry = MetricsRegistry(seriesLimit: 1)
        let family = registry.gauges("a", help: "A.", labels: ["x"])
        family.with("1").set(1)
        family.remove(["1"])
        family.with("2").add(5)
        let read = try ExpositionFormat(registry.render())
        #expect(read.families["a"]?.samples == [.init(name: "a", labels: ["x": "2"], value: 5)])
    }

    @Test("Eight threads lose no count")
    func concurrency() throws {
        let registry = MetricsRegistry()
        let family = registry.counters("a_total", help: "A.", labels: ["x"])
        let histogram = registry.histogram("b", help: "B.", buckets: .size)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<10_000 {
                family.with("\(number % 7)").increment()
                histogram.observe(thread)
            }
        }
        let read = try ExpositionFormat(registry.render())
        #expect(read.families["a_total"]?.samples.reduce(0) { $0 + $1.value } == 80_000)
        #expect(read.value("b_count") == 80_000)
        #expect(read.value("b_sum") == 280_000)
    }

    @Test("The process's own figures are there and plausible")
    func process() throws {
        let registry = MetricsRegistry()
        registry.observeProcess()
        let read = try ExpositionFormat(registry.render())
        let memory = try #require(read.value("process_resident_memory_bytes"))
        #expect((1e6...1e11).contains(memory))
        let start = try #require(read.value("process_start_time_seconds"))
        #expect((0...86_400).contains(Date().timeIntervalSince1970 - start))
        #expect(try #require(read.value("process_cpu_seconds_total")) > 0)
        let open = try #require(read.value("process_open_fds"))
        let held = (0..<20).map { _ in FileHandle(forReadingAtPath: "/dev/null") }
        let after = try #require(ExpositionFormat(registry.render()).value("process_open_fds"))
        #expect(after >= open + 10 && held.count == 20)
        #expect(try #require(read.value("process_max_fds")) >= open)
    }
}
