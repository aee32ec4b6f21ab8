import Foundation
import Glibc

/// Finds the lines that one call wrote to the server's log.
struct TraceLog {
    private let file: String
    private let offset: UInt64

    /// The part of `file` that is written from now on.
    init(file: String) {
        self.file = file
        var information = stat()
        offset = stat(file, &information) == 0 ? UInt64(information.st_size) : 0
    }

    /// Writes the lines with the trace id `id` to standard error; waits up to 2 s for the line that ends the call.
    func show(_ id: String) async {
        guard !id.isEmpty else { return }
        var lines: [Substring] = []
        for _ in 0..<100 {
            lines = found(id)
            if lines.contains(where: { $0.contains("\"event\":\"request\"") }) { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        if lines.isEmpty { Output.message("note: \(file) has no line of this call (or this user may not read it)") }
        for line in lines { Output.message(TextTable.printable(String(line))) }
    }

    private func found(_ id: String) -> [Substring] {
        guard let handle = FileHandle(forReadingAtPath: file) else { return [] }
        defer { try? handle.close() }
        let size = (try? handle.seekToEnd()) ?? 0
        // A smaller file was rotated in between; the new one begins with this call or later.
        try? handle.seek(toOffset: size < offset ? 0 : offset)
        let data = (try? handle.readToEnd()) ?? nil
        return String(decoding: data ?? Data(), as: UTF8.self).split(separator: "\n").filter { $0.contains(id) }
    }
}
