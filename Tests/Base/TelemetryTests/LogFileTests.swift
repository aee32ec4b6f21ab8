import Foundation
import StewardTelemetry
import Testing

@Suite("Log files")
struct LogFileTests {
    private func write(_ count: Int, to sink: LogSink, from first: Int = 0, padding: Int = 0) {
        for number in first..<(first + count) {
            sink.write(Numbered(writer: 0, number: number, padding: String(repeating: "x", count: padding)))
        }
    }

    private func numbers(_ path: String) -> [Int] {
        lines(path).map { object($0)?["number"] as? Int ?? -1 }
    }

    @Test("A file grows to its limit, then moves to .1, .2 ... and only so many stay")
    func rotation() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/steward.log"
            let sink = LogSink([.file(path, limit: 1000, keep: 3)])
            for round in 0..<10 {
                write(10, to: sink, from: round * 10)
                #expect(sink.flush())
            }
            #expect(sink.close())
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["steward.log", "steward.log.1", "steward.log.2", "steward.log.3"])
            let kept = [".3", ".2", ".1", ""].flatMap { numbers(path + $0) }
            let expected = Array((100 - kept.count)..<100)
            #expect(kept == expected)
            for name in names { #expect(content(folder + "/" + name).utf8.count <= 1000) }
            #expect(kept.count > 30)
        }
    }

    @Test("One batch that is larger than several files is spread over them without cutting a line")
    func rotationWithinABatch() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let sink = LogSink([.file(path, limit: 5000, keep: 100)])
            write(1000, to: sink)
            #expect(sink.close())
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).count
            let all = (1..<files).reversed().flatMap { numbers(path + ".\($0)") } + numbers(path)
            #expect(all == Array(0..<1000))
            #expect(files > 10)
        }
    }

    @Test("A line longer than the limit gets a file of its own and stays whole")
    func longLine() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let sink = LogSink([.file(path, limit: 500, keep: 5)])
            write(1, to: sink)
            write(1, to: sink, from: 1, padding: 200_000)
            write(1, to: sink, from: 2)
            #expect(sink.close())
            #expect(numbers(path + ".2") == [0])
            #expect(numbers(path + ".1") == [1])
            #expect(numbers(path) == [2])
        }
    }

    @Test("With no older files kept, a full file starts anew")
    func keepNone() throws {
        try withTemporaryFolder { folder in
            let sink = LogSink([.file(folder + "/log", limit: 500, keep: 0)])
            write(50, to: sink)
            #expect(sink.close())
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names == ["log"])
            #expect(numbers(folder + "/log").last == 49)
        }
    }

    @Test("An existing file is appended to, and a line that an earlier process left torn is ended")
    func existing() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            try "{\"old\":1}\n{\"torn\":".write(toFile: path, atomically: false, encoding: .utf8)
            let sink = LogSink([.file(path)])
            write(1, to: sink)
            #expect(sink.close())
            #expect(lines(path).prefix(2) == ["{\"old\":1}", "{\"torn\":"])
            #expect(numbers(path) == [-1, -1, 0])
        }
    }

    @Test("A file that somebody deleted or renamed is opened again", arguments: [true, false])
    func reopening(deleted: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let sink = LogSink([.file(path, checkInterval: 0)])
            write(3, to: sink)
            #expect(sink.flush())
            if deleted {
                try FileManager.default.removeItem(atPath: path)
            } else {
                try FileManager.default.moveItem(atPath: path, toPath: path + ".rotated")
            }
            write(3, to: sink, from: 3)
            #expect(sink.close())
            #expect(numbers(path) == [3, 4, 5])
            #expect(deleted || numbers(path + ".rotated") == [0, 1, 2])
        }
    }

    @Test("The default looks at the path again within about a second")
    func reopeningByDefault() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let sink = LogSink([.file(path)])
            write(1, to: sink)
            #expect(sink.flush())
            try FileManager.default.removeItem(atPath: path)
            usleep(1_100_000)
            write(1, to: sink, from: 1)
            #expect(sink.close())
            #expect(numbers(path) == [1])
        }
    }

    @Test("A missing folder is made, and one that can't be made stops nobody")
    func missingFolder() throws {
        try withTemporaryFolder { folder in
            let sink = LogSink([.file(folder + "/logs/log"), .file("/proc/no/such/log")], retryInterval: 20_000)
            write(1, to: sink)
            #expect(eventually { lines(folder + "/logs/log").contains { $0.contains("log-stalled") } })
            #expect(numbers(folder + "/logs/log").first == 0)
            #expect(!sink.close(timeout: 50_000))
            #expect(eventually { sink.droppedLines[1].lines == 1 })
        }
    }

    @Test("Two sinks on one file neither tear lines nor rotate twice for one limit")
    func twoWriters() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/log"
            let sinks = (0..<2).map { _ in LogSink([.file(path, limit: 1 << 20, keep: 3, checkInterval: 0)]) }
            for number in 0..<500 {
                for (index, sink) in sinks.enumerated() { sink.write(Numbered(writer: index, number: number)) }
            }
            for sink in sinks { #expect(sink.close()) }
            for writer in 0..<2 {
                let own = lines(path).compactMap(object).filter { $0["writer"] as? Int == writer }
                #expect(own.compactMap { $0["number"] as? Int } == Array(0..<500))
            }
        }
    }
}
