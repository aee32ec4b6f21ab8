import Foundation
import Glibc
import StewardTelemetry
import Testing

@Suite("Log sink")
struct LogSinkTests {
    @Test("Eight threads lose no line, tear none and keep their own order")
    func concurrency() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let sink = LogSink([.file(path, limit: 0)], pendingLimit: 256 << 20)
            DispatchQueue.concurrentPerform(iterations: 8) { writer in
                for number in 0..<10_000 { sink.write(Numbered(writer: writer, number: number)) }
            }
            #expect(sink.close(timeout: 30_000_000))
            var next = [Int](repeating: 0, count: 8)
            for line in lines(path) {
                let fields = try #require(object(line), "\(line)")
                let writer = try #require(fields["writer"] as? Int)
                #expect(fields["number"] as? Int == next[writer])
                next[writer] += 1
            }
            #expect(next == [Int](repeating: 10_000, count: 8))
            #expect(sink.droppedLines.allSatisfy { $0.lines == 0 })
        }
    }

    @Test("No line is lost while the log moves from file to file")
    func replacement() throws {
        try withTemporaryFolder { folder in
            let sink = LogSink([.file(folder + "/0", limit: 0)], pendingLimit: 256 << 20)
            DispatchQueue.concurrentPerform(iterations: 5) { writer in
                for number in 0..<2_000 {
                    if writer == 4, number % 50 == 0 { sink.replace([.file("\(folder)/\(number % 3)", limit: 0)]) }
                    sink.write(Numbered(writer: writer, number: number))
                }
            }
            #expect(sink.close(timeout: 30_000_000))
            var found = 0
            for _ in 0..<300 where found < 10_000 {
                found = (0..<3).reduce(0) { $0 + lines("\(folder)/\($1)").count }
                if found < 10_000 { usleep(10_000) }
            }
            #expect(found == 10_000)
        }
    }

    @Test("Each destination gets its own format")
    func formats() throws {
        try withTemporaryFolder { folder in
            let terminal = open(folder + "/text", O_WRONLY | O_CREAT, 0o600)
            defer { Glibc.close(terminal) }
            let sink = LogSink([
                .descriptor(terminal, name: "terminal", format: .text(coloured: false)), .file(folder + "/json"),
            ])
            sink.write(aRecord)
            #expect(sink.close())
            #expect(content(folder + "/text") == text(aRecord))
            #expect(content(folder + "/json") == json(aRecord))
        }
    }

    @Test("What is no terminal gets JSON by itself, and a terminal the readable form")
    func automaticFormat() throws {
        let pipe = Pipe()
        #expect(LogSink.Destination.automatic(for: pipe.fileHandleForWriting.fileDescriptor) == .json)
        let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        defer { Glibc.close(terminal) }
        guard case .text = LogSink.Destination.automatic(for: terminal) else {
            Issue.record("a terminal got JSON")
            return
        }
    }

    @Test("A line is on its way after a few milliseconds without a flush")
    func latency() throws {
        try withTemporaryFolder { folder in
            let sink = LogSink([.file(folder + "/log")])
            sink.write(aRecord)
            usleep(200_000)
            #expect(lines(folder + "/log").count == 1)
            #expect(sink.close())
        }
    }

    @Test("A full disk stops nobody: the oldest lines go, are counted, and the gap is reported afterwards")
    func fullDisk() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let full = open("/dev/full", O_WRONLY)
            try #require(full >= 0)
            defer { Glibc.close(full) }
            let other = folder + "/other"
            let sink = LogSink(
                [.descriptor(full, name: "disk", format: .json), .file(other)], pendingLimit: 1 << 20,
                retryInterval: 10_000)
            let padding = String(repeating: "x", count: 1000)
            sink.write(Numbered(writer: 0, number: 0, padding: padding))
            #expect(eventually { lines(other).contains { $0.contains("\"log-stalled\"") } })
            let start = ContinuousClock.now
            for number in 1..<20_000 { sink.write(Numbered(writer: 0, number: number, padding: padding)) }
            #expect(ContinuousClock.now - start < .seconds(5))
            let dropped = sink.droppedLines[0].lines
            #expect(dropped > 15_000)

            let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            dup2(file, full)
            Glibc.close(file)
            #expect(sink.close())
            let registry = MetricsRegistry()
            registry.observe(sink)
            #expect(
                try ExpositionFormat(registry.render())
                    .value("steward_log_dropped_lines_total", ["destination": "disk"]) == Double(dropped))
            let written = try lines(path).map { try #require(object($0)) }
            let gap = try #require(written.firstIndex { $0["event"] as? String == "log-dropped" })
            #expect(written[gap]["lines"] as? Int == dropped)
            #expect(written.count - 1 + dropped == 20_000)
            #expect(written.last?["number"] as? Int == 19_999)
            let numbers = written.compactMap { $0["number"] as? Int }
            #expect(numbers[0..<gap].elementsEqual(0..<gap))
            #expect(numbers[gap...].elementsEqual((20_000 - (numbers.count - gap))..<20_000))
            #expect(eventually { lines(other).contains { $0.contains("\"log-resumed\"") } })
        }
    }

    @Test(
        "A file system that fills up in the middle of a line gets that line whole once there is room",
        arguments: [false, true])
    func fullFileSystem(logIsDeleted: Bool) throws {
        try withTemporaryFolder { folder in
            guard mount("tmpfs", folder, "tmpfs", 0, "size=64k") == 0 else {
                print("not run: a small tmpfs can't be mounted here (\(String(cString: strerror(errno))))")
                return
            }
            defer { umount2(folder, Int32(MNT_DETACH)) }
            let (path, ballast) = (folder + "/log", folder + "/ballast")
            try Data(count: 32 << 10).write(to: URL(fileURLWithPath: ballast))
            let sink = LogSink([.file(path, checkInterval: 0)], retryInterval: 10_000)
            for number in 0..<200 {
                sink.write(Numbered(writer: 0, number: number, padding: String(repeating: "x", count: 200)))
            }
            #expect(!sink.flush(timeout: 300_000))
            let torn = content(path)
            #expect(!torn.hasSuffix("\n"))
            let whole = torn.count { $0 == "\n" }
            if logIsDeleted { try FileManager.default.removeItem(atPath: path) }
            try FileManager.default.removeItem(atPath: ballast)
            #expect(sink.close())
            let expected = logIsDeleted ? whole..<200 : 0..<200
            #expect(lines(path).map { object($0)?["number"] as? Int } == expected.map { $0 })
        }
    }

    @Test("A reader that stands still holds up neither the callers nor the file")
    func stalledReader() throws {
        try withTemporaryFolder { folder in
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let sink = LogSink(
                [.descriptor(ends[1], name: "pipe", format: .json), .file(folder + "/log")], pendingLimit: 1 << 20)
            let start = ContinuousClock.now
            for number in 0..<30_000 { sink.write(Numbered(writer: 0, number: number)) }
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(!sink.flush(timeout: 100_000))
            #expect(eventually { lines(folder + "/log").count > 0 })
            #expect(sink.droppedLines[0].lines > 0)
            // The reader goes away: the rest is lost without a signal that ends the process.
            Glibc.close(ends[0])
            #expect(eventually { sink.flush(timeout: 100_000) })
            #expect(object(lines(folder + "/log").last ?? "")?["number"] as? Int == 29_999)
            sink.close()
            Glibc.close(ends[1])
        }
    }

    @Test("A sink that nobody holds any more still writes what it was given")
    func release() throws {
        try withTemporaryFolder { folder in
            do {
                let sink = LogSink([.file(folder + "/log")])
                sink.write(aRecord)
            }
            #expect(eventually { lines(folder + "/log").count == 1 })
        }
    }

    @Test("Under a steady flow of lines a destination is written at most about 200 times a second")
    func coalescing() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        defer { for end in ends { Glibc.close(end) } }
        let sink = LogSink([.descriptor(ends[1], name: "packets", format: .json)])
        let start = ContinuousClock.now
        // One write is one packet; the reader keeps up, so that none waits for room.
        var packets = 0
        var bytes = 0
        var expected = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        func drain() {
            while case let count = recv(ends[0], &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
                packets += 1
                bytes += count
            }
        }
        for number in 0..<1000 {
            expected += json(Numbered(writer: 0, number: number)).utf8.count
            sink.write(Numbered(writer: 0, number: number))
            usleep(300)
            drain()
        }
        let elapsed = ContinuousClock.now - start
        #expect(sink.close())
        drain()
        #expect(bytes == expected)
        #expect(packets > 5)
        #expect(packets <= Int(elapsed / .milliseconds(5)) + 3)
    }
}
