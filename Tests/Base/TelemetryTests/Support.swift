import Foundation
import Glibc
import StewardCore
import StewardTelemetry

/// A folder of its own for one test, deleted at the end.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = NSTemporaryDirectory() + "steward-telemetry-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
}

func content(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
}

func lines(_ path: String) -> [String] {
    content(path).split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
}

/// One line of JSON as Foundation reads it; nil if it is not one whole object.
func object(_ line: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
}

/// What `entry` writes in JSON.
func json(_ entry: some LogEntry) -> String {
    var line = LineBuffer()
    entry.encodeJSON(into: &line)
    return line.text
}

/// What `entry` writes for a reader.
func text(_ entry: some LogEntry, coloured: Bool = false) -> String {
    var line = LineBuffer()
    entry.encodeText(into: &line, coloured: coloured)
    return line.text
}

/// 2026-11-02T03:04:05.678Z.
let aMoment = Timestamp(microseconds: 1_793_588_645_678_901)

let aTrace = TraceID(high: 0x0af7_6519_16cd_43dd, low: 0x8448_eb21_1c80_319c)

let aRecord = AccessRecord(
    time: aMoment, trace: aTrace, zone: "api", route: "/api/report_json.py", method: "POST",
    path: "/api/report_json.py", query: "month=2026-11&token=***", caller: "reporting", client: "192.0.2.7",
    status: 200, bytesIn: 19, bytesOut: 10_240, duration: 1_234, queue: 56, worker: 4711)

/// A short line for tests that count lines.
struct Numbered: LogEntry {
    var writer: Int
    var number: Int
    var padding = ""

    func encodeJSON(into line: inout LineBuffer) {
        line.beginJSON(time: aMoment)
        line.field("writer", writer)
        line.field("number", number)
        line.field("padding", padding)
        line.endJSON()
    }

    func encodeText(into line: inout LineBuffer, coloured: Bool) {
        line.append(verbatim: "\(number) of \(writer)\n")
    }
}

/// Waits for `condition`, ten seconds at most.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        usleep(5000)
    }
    return condition()
}
