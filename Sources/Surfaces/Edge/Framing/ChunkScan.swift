internal import StewardCore

/// Follows a chunked body (RFC 9112, section 7.1): sizes, extensions, data, trailers.
struct ChunkScan {
    /// What came of the bytes at hand.
    enum Outcome: Equatable {
        /// So many bytes are good and can go on; 0: the next line is incomplete.
        case pass(Int)
        /// So many bytes are good, and with them the body ends.
        case end(Int)
        case refused(Problem)
    }

    private enum Place {
        case size
        case data(Int)
        case dataEnd
        case trailer
    }

    private var place = Place.size
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailers = 0
    /// A size with its extensions; they are read by nobody, and cost one who sends many of them nothing.
    private static let longestLine = 1 << 10
    private static let mostExtensionBytes = 16 << 10

    /// Follows `bytes` as far as they can be decided.
    mutating func read(_ bytes: UnsafeRawBufferPointer, limits: EdgeLimits) -> Outcome {
        var done = 0
        while done < bytes.count {
            let before = self
            switch step(UnsafeRawBufferPointer(rebasing: bytes[done...]), limits: limits) {
            case .pass(0): return .pass(done)
            case .pass(let count): done += count
            case .end(let count): return .end(done + count)
            case .refused(let problem):
                guard done > 0 else { return .refused(problem) }
                self = before  // What is wrong is read again, when what is good has gone on.
                return .pass(done)
            }
        }
        return .pass(done)
    }

    private mutating func step(_ bytes: UnsafeRawBufferPointer, limits: EdgeLimits) -> Outcome {
        switch place {
        case .size: return size(bytes)
        case .trailer: return trailer(bytes, limits: limits)
        case .data(let left):
            let count = min(left, bytes.count)
            place = count == left ? .dataEnd : .data(left - count)
            return .pass(count)
        case .dataEnd:
            guard bytes[0] == 13, bytes.count < 2 || bytes[1] == 10 else {
                return .refused(Self.bad("A chunk's data is not followed by CR LF: its size is wrong."))
            }
            guard bytes.count >= 2 else { return .pass(0) }
            place = .size
            return .pass(2)
        }
    }

    /// `chunk-size [ chunk-ext ] CRLF`
    private mutating func size(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        var (digits, size) = (0, 0)
        while digits < bytes.count, let digit = FieldScan.hex(bytes[digits]) {
            guard digits < 15 else { return .refused(Self.bad("A chunk's size has more than 15 digits.")) }
            size = size << 4 | digit
            digits += 1
        }
        guard digits < bytes.count else { return .pass(0) }
        guard digits > 0, bytes[digits] == 13 || bytes[digits] == UInt8(ascii: ";") else {
            return .refused(Self.bad("A chunk's size is not a hexadecimal number alone on its line."))
        }
        guard let feed = FieldScan.lineFeed(bytes, from: digits) else {
            return bytes.count > Self.longestLine ? .refused(Self.longExtensions) : .pass(0)
        }
        var high = false
        guard bytes[feed - 1] == 13,
            FieldScan.isValue(UnsafeRawBufferPointer(rebasing: bytes[digits..<(feed - 1)]), high: &high)
        else { return .refused(Self.bad("A chunk's size line does not end with CR LF.")) }
        extensionBytes += feed - 1 - digits
        guard feed < Self.longestLine, extensionBytes <= Self.mostExtensionBytes else {
            return .refused(Self.longExtensions)
        }
        place = size > 0 ? .data(size) : .trailer
        return .pass(feed + 1)
    }

    /// A trailer line, or the empty line that ends the body.
    private mutating func trailer(_ bytes: UnsafeRawBufferPointer, limits: EdgeLimits) -> Outcome {
        guard let feed = FieldScan.lineFeed(bytes, from: 0) else {
            return bytes.count > limits.line ? .refused(HeadScan.tooMany(limits)) : .pass(0)
        }
        guard feed > 0, bytes[feed - 1] == 13 else {
            return .refused(HeadScan.badLine("A trailer line does not end with CR LF."))
        }
        guard feed > 1 else { return .end(2) }
        trailers += 1
        trailerBytes += feed + 1
        guard feed < limits.line, trailerBytes <= limits.headers, trailers <= limits.headerCount else {
            return .refused(HeadScan.tooMany(limits))
        }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(feed - 1)])
        var high = false
        guard let colon = HeadScan.colon(of: line), FieldScan.isValue(line, high: &high) else {
            return .refused(HeadScan.badLine("A trailer line is not `Name: value`."))
        }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        guard !Self.forbidden.contains(where: { FieldScan.has($0, name) }) else {
            return .refused(Self.bad("A trailer must not frame, route or authenticate the request."))
        }
        return .pass(feed + 1)
    }

    /// What may not stand in trailers (RFC 9110, section 6.5.1); the edge drops all others.
    private static let forbidden: [StaticString] = [
        "content-length", "transfer-encoding", "host", "trailer", "connection", "te", "upgrade", "expect",
        "authorization", "cookie", "content-type", "content-encoding", "content-range", "x-forwarded-for", "forwarded",
    ]

    private static let longExtensions = bad(
        "The chunk extensions are longer than \(longestLine) bytes in a line or \(mostExtensionBytes) in all.")

    private static func bad(_ detail: String) -> Problem { HeadScan.badFraming(detail) }
}
