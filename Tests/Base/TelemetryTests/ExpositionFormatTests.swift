import Testing

@Suite("The checker of the exposition format")
struct ExpositionFormatTests {
    @Test("It accepts the specification's own example of a histogram")
    func accepts() throws {
        let text = """
            # HELP http_request_duration_seconds A histogram of the request duration.
            # TYPE http_request_duration_seconds histogram
            http_request_duration_seconds_bucket{le="0.05"} 24054
            http_request_duration_seconds_bucket{le="0.1"} 33444
            http_request_duration_seconds_bucket{le="+Inf"} 144320
            http_request_duration_seconds_sum 53423
            http_request_duration_seconds_count 144320

            """
        #expect(try ExpositionFormat(text).value("http_request_duration_seconds_sum") == 53423)
    }

    @Test(
        "It refuses what the format forbids",
        arguments: [
            "# TYPE a counter\na 1", "# TYPE a counter\na 1\na 2\n", "# TYPE a counter\nb 1\n", "# TYPE a thing\na 1\n",
            "# TYPE a counter\na{x=\"1\",x=\"2\"} 1\n", "# TYPE a counter\na{x=\"\\q\"} 1\n",
            "# TYPE a counter\na{x=1} 1\n",
            "# TYPE a counter\na one\n", "# TYPE a counter\na inf\n",
            "# TYPE a counter\na 1\n# TYPE b counter\n# TYPE a counter\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
            "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
            "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n", "# TYPE 1a counter\n",
        ])
    func refuses(text: String) {
        #expect(throws: ExpositionFormat.Violation.self) { try ExpositionFormat(text) }
    }
}
