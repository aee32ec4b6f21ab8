/// An HTTP/1.1 answer (RFC 9112) as it arrives: head, then a body of a length, in chunks, or until the end.
struct DockerAnswer {
    /// Why it isn't one.
    enum Failure: Error, Hashable {
        case malformed(String)
        case tooLarge
    }

    /// Bodies of Docker's lists stay far below.
    static let limit = 64 << 20
    private static let headLimit = 64 << 10

    private enum Stage {
        case head
        case counted(Int)
        case chunkSize
        case chunk(Int)
        case trailer
        case untilEnd
        case done
    }

    private var stage = Stage.head
    private var buffer: [UInt8] = []
    private var start = 0
    /// The status, once the head was read.
    private(set) var status = 0
    /// The body so far.
    private(set) var body: [UInt8] = []

    /// Whether all of it is there.
    var isComplete: Bool {
        if case .done = stage { return true }
        return false
    }

    /// Takes what was received.
    mutating func receive(_ bytes: some Collection<UInt8>) throws(Failure) {
        buffer.append(contentsOf: bytes)
        while try advance() {}
        buffer.removeFirst(start)
        start = 0
        if body.count > Self.limit { throw .tooLarge }
    }

    /// The connection has ended.
    mutating func end() throws(Failure) {
        if case .untilEnd = stage { stage = .done }
        if !isComplete { throw .malformed("the connection ended in the middle of the answer") }
    }

    /// Makes one step; false where more bytes are needed.
    private mutating func advance() throws(Failure) -> Bool {
        switch stage {
        case .head:
            guard let line = try line() else { return false }
            try readHead(first: line)
            return true
        case .counted(let left), .chunk(let left):
            let taken = min(left, buffer.count - start)
            body += buffer[start..<(start + taken)]
            start += taken
            if taken < left {
                if case .chunk = stage { stage = .chunk(left - taken) } else { stage = .counted(left - taken) }
                return false
            }
            guard case .chunk = stage else {
                stage = .done
                return false
            }
            guard let line = try line() else {
                stage = .chunk(0)
                return false
            }
            guard line.isEmpty else { throw .malformed("a chunk is longer than it says") }
            stage = .chunkSize
            return true
        case .chunkSize:
            guard let line = try line() else { return false }
            let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0, size <= Self.limit
            else {
                throw .malformed("a chunk's size is no number")
            }
            stage = size == 0 ? .trailer : .chunk(size)
            return true
        case .trailer:
            guard let line = try line() else { return false }
            if line.isEmpty { stage = .done }
            return !line.isEmpty
        case .untilEnd:
            body += buffer[start...]
            start = buffer.count
            return false
        case .done: return false
        }
    }

    private mutating func readHead(first: [UInt8]) throws(Failure) {
        let words = first.split(separator: 0x20)
        guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[1].count == 3,
            let status = Int(String(decoding: words[1], as: UTF8.self))
        else { throw .malformed("it does not begin with HTTP/1.1 and a status") }
        var lines: [String] = []
        while let line = try line(), !line.isEmpty { lines.append(String(decoding: line, as: UTF8.self)) }
        self.status = status
        if 100..<200 ~= status { return }
        stage = .untilEnd
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count == 2 ? parts[1].drop { $0 == " " }.lowercased() : ""
            switch parts.first?.lowercased() {
            case "content-length":
                guard let count = Int(value), count >= 0 else { throw .malformed("Content-Length is no number") }
                if case .untilEnd = stage { stage = .counted(count) }
            case "transfer-encoding":
                guard value == "chunked" else { throw .malformed("Transfer-Encoding is \(value)") }
                stage = .chunkSize
            default: break
            }
        }
        if status == 204 || status == 304 { stage = .done }
    }

    /// The next line without its ending; nil where it isn't whole yet. The head is only begun when all of it is there.
    private mutating func line() throws(Failure) -> [UInt8]? {
        if case .head = stage, buffer[start...].starts(with: "HTTP/".utf8), !hasWholeHead() {
            if buffer.count > Self.headLimit { throw .tooLarge }
            return nil
        }
        guard let end = buffer[start...].firstIndex(of: 0x0A) else {
            if buffer.count - start > Self.headLimit { throw .tooLarge }
            return nil
        }
        var line = Array(buffer[start..<end])
        if line.last == 0x0D { line.removeLast() }
        start = end + 1
        return line
    }

    private func hasWholeHead() -> Bool {
        var empty = true
        for byte in buffer[start...] {
            if byte == 0x0A {
                if empty { return true }
                empty = true
            } else if byte != 0x0D {
                empty = false
            }
        }
        return false
    }
}
