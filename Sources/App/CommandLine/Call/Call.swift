import ArgumentParser
import Foundation
import NIOCore
import NIOHTTP1
import StewardServer

/// `steward call`
struct Call: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Calls a script of the running server.",
        discussion: """
            The call goes over the Unix socket of the state folder, as the local caller: no key is needed. The answer's \
            body is written to standard output as it comes. Unless the status is 2xx, the status and the trace id stand on \
            standard error and the exit code is 1.

            Examples:
              steward call /hello.py?name=Rico
              steward call /api/report_json.py -d '{"month":"2026-11"}'
              steward call /upload.py -X PUT -d @photo.jpg -H 'Content-Type: image/jpeg'
            """)

    @Argument(help: "The script's path, with a query if need be.")
    var path: String

    @Option(
        name: [.customShort("X"), .customLong("request")],
        help: ArgumentHelp("The method; GET, or POST with -d.", valueName: "METHOD"))
    var method: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The body: the text itself, @FILE or - for standard input. JSON is sent as application/json, anything else as application/x-www-form-urlencoded. Several are joined by '&'.",
            valueName: "DATA"))
    var data: [String] = []

    @Option(
        name: [.customShort("H"), .customLong("header")],
        help: ArgumentHelp("A header field; may be given several times.", valueName: "NAME: VALUE"))
    var headers: [String] = []

    @Flag(name: [.short, .long], help: "Write status and header fields before the body.")
    var include = false

    @Option(
        name: [.short, .long], help: ArgumentHelp("Write to this file instead of standard output.", valueName: "FILE"))
    var output: String?

    @Flag(help: "Show the trace id, the time taken and the log lines of the call on standard error.")
    var trace = false

    @Option(
        help: ArgumentHelp(
            "Give up after so long (500ms, 30s, 5m); the server has its own deadlines.", valueName: "DURATION"))
    var timeout: String?

    @OptionGroup var options: StateOptions

    func validate() throws {
        if path.contains("://") {
            throw ValidationError("PATH is the path alone: '/api/report.py', not a whole URL.")
        }
        if let timeout, DurationText.parse(timeout) == nil {
            throw ValidationError("--timeout: '\(timeout)' is no duration; write 500ms, 30s or 5m.")
        }
        for header in headers { _ = try CallRequest.field(header) }
        if let method, !CallRequest.isToken(method) { throw ValidationError("-X: '\(method)' can't be a method.") }
    }

    func run() async throws {
        let state = try options.folder()
        let request = try CallRequest.make(path: path, method: method, data: data, headers: headers)
        let logFile = try options.load()?.log.file ?? "\(state.path)/log/steward.log"
        let log = trace ? TraceLog(file: logFile) : nil
        let sink = try AnswerSink(file: output, includesHead: include)
        let start = ContinuousClock.now
        try await LocalClient(state: state).send(request, within: timeout.flatMap(DurationText.parse)) { head in
            try sink.begin(head)
        } onBody: { bytes in
            try sink.write(bytes)
        }
        let duration = ContinuousClock.now - start
        guard let head = sink.head else { throw CommandFailure("the server sent no answer") }
        report(head, took: duration)
        await log?.show(head.headers.first(name: "X-Trace-Id") ?? "")
        guard (200..<300).contains(head.status.code) else { throw ExitCode(ExitStatus.failure.rawValue) }
    }

    private func report(_ head: HTTPResponseHead, took duration: Duration) {
        let id = head.headers.first(name: "X-Trace-Id").map { ", trace id \($0)" } ?? ""
        let isGood = (200..<300).contains(head.status.code)
        guard trace || !isGood else { return }
        let time =
            trace ? ", \(duration.formatted(.units(allowed: [.milliseconds], fractionalPart: .show(length: 1))))" : ""
        Output.message("\(isGood ? "" : "error: ")\(head.status.code) \(head.status.reasonPhrase)\(time)\(id)")
        if let place = head.headers.first(name: "Location") { Output.message("note: Location: \(place)") }
        if !isGood, !trace { Output.message("hint: --trace shows the log lines of the call") }
    }
}
